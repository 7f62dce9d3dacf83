#!/bin/sh
# A FAT volume with files on it is formatted as NTFS, on a simulated machine:
# real bytes in a disk image, real refusals, no privileges. `make demo` runs
# this in a folder of its own that is gone afterwards. Every "ok" was checked.
set -eu

ntvol=$PWD/bin/ntvol
scratch=$(mktemp -d "${TMPDIR:-/tmp}/ntvol-demo.XXXXXX")
locker=
trap '[ -z "$locker" ] || kill "$locker" 2>/dev/null || :; rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
cd "$scratch"
PATH=$PATH:/usr/sbin:/sbin
export NTVOL_MACHINE=sim:lab MTOOLS_SKIP_CHECK=1 NTVOL_STATE="$scratch/state"

say() { printf '\n== %s\n' "$*"; }
# Shows a command, runs it, and keeps what it printed in the file `out`.
show() {
  printf '$ %s\n' "$*" | sed "s,$ntvol,ntvol,"
  "$@" >out || { code=$?; cat out; echo "demo: exit $code"; exit 1; }
  cat out
}
# expect TEXT...: the file `out` has each of them, or the demo ends here.
expect() {
  for text in "$@"; do
    grep -qF -- "$text" out || { echo "demo: expected '$text'"; exit 1; }
    echo "ok: $text"
  done
}

say "A machine with one 64 MiB disk: a FAT volume D: with the label OLD"
show "$ntvol" sim create lab --disk 64M:fat:D:OLD

say "Two files on it, put into the disk image by mtools"
echo "a letter to keep" >letter.txt
seq 1 20000 >numbers.txt
show mcopy -i lab/disk0.img letter.txt numbers.txt ::
show mdir -b -i lab/disk0.img ::/
show "$ntvol" volumes
expect "FAT16" "OLD"

say "The plan: what would be done. Nothing is changed by printing it"
before=$(sha256sum <lab/disk0.img)
show "$ntvol" change-fs D: --to ntfs --label DATA --plan
[ "$before" = "$(sha256sum <lab/disk0.img)" ] || exit 1
echo "ok: the image is the same, byte for byte"

say "A first process holds the lock; a second one is refused and told why"
mkfifo ready release
"$ntvol" lock D: -- sh -c 'echo held >ready; read -r _ <release' &
locker=$!
read -r _ <ready
if "$ntvol" change-fs D: --to ntfs --erase D: >out 2>&1; then
  echo "demo: the second process was not refused"; exit 1
fi
cat out
expect "1 holder" "pid" ERROR_ACCESS_DENIED
echo >release; wait "$locker"; locker=

say "The change itself: open, lock, format, dismount, unlock, close, verify"
show "$ntvol" change-fs D: --to ntfs --label DATA --erase D:

say "Other people's tools say what the image holds now"
show blkid -p -o export lab/disk0.img
expect TYPE=ntfs LABEL=DATA
show sh -c 'ntfsinfo -m lab/disk0.img | grep Volume'
expect "Volume Name: DATA" "Volume Version: 3.1"
show ntfsfix -n lab/disk0.img
expect "was processed successfully"
show "$ntvol" volumes
expect NTFS DATA

say "What the machine remembers"
show "$ntvol" events
expect LOCK DISMOUNT UNLOCK MOUNT

say "It was a mistake? What the format overwrote is in the journal"
show "$ntvol" undo D: --plan
expect "write back"
show "$ntvol" undo D: --erase D:
[ "$before" = "$(sha256sum <lab/disk0.img)" ] || exit 1
echo "ok: the image is what it was before the change, byte for byte"
show fsck.fat -n lab/disk0.img
show mdir -b -i lab/disk0.img ::/
expect letter.txt numbers.txt
mcopy -i lab/disk0.img ::letter.txt back.txt
cmp letter.txt back.txt
echo "ok: the letter is the same"
show "$ntvol" volumes
expect FAT16 OLD

say "What was done, and when"
show "$ntvol" log
expect change_filesystem undone

say "A FAT volume became a healthy NTFS volume named DATA, and FAT again with all files"
