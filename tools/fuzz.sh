#!/bin/sh
# fuzz.sh FOLDER TIMES: random bytes for every parser of src/nt/disk, from what
# the mkfs programs make and from images beside the repository. TIMES 1 takes
# about a minute; seed and number of runs are fixed, so that it does the same
# everywhere. A finding lies in FOLDER/found afterwards: give it to the target.
set -eu

folder=$1 times=$2
PATH=$PATH:/usr/sbin:/sbin
export PATH
mkdir -p "$folder/seeds"
CC=${FUZZ_CC:-clang}
flags="-std=c11 -D_GNU_SOURCE -O1 -g -Isrc -Wall -Wextra -Werror
  -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined"

skip() {
  printf 'skipped:\n  the parsers: %s\n\n0 passed, 0 failed, 1 skipped\n' "$1"
  exit 0
}
command -v "$CC" >/dev/null || skip "$CC is not installed"
# build TARGET SOURCE...
build() {
  target=$1
  shift
  # shellcheck disable=SC2086 # flags are words
  $CC $flags -o "$folder/$target" "$@"
}
cat >"$folder/nothing.c" <<'END'
int LLVMFuzzerTestOneInput(const char *data, long size);
int LLVMFuzzerTestOneInput(const char *data, long size) {
  return data && size ? 0 : 0;
}
END
build nothing "$folder/nothing.c" 2>/dev/null ||
  skip "clang's fuzzer is not installed (package libclang-rt-14-dev)"

# seed TARGET NAME COMMAND...: the start of a file of SIZE that the command made.
seed() {
  target=$1 name=$2 scratch=$folder/image
  shift 2
  mkdir -p "$folder/seeds/$target"
  rm -f "$scratch"
  truncate -s "${SIZE:-16M}" "$scratch"
  if command -v "$1" >/dev/null && "$@" "$scratch" >/dev/null 2>&1; then
    head -c 131072 "$scratch" >"$folder/seeds/$target/$name"
  fi
  rm -f "$scratch"
}

# Tables of sfdisk, which reads what it shall make.
table() {
  printf '%b' "$1" | sfdisk -q --no-reread "$2"
}
# behind_a_byte COMMAND... FILE: what it makes, behind the byte that a target
# takes for itself.
behind_a_byte() {
  for made; do :; done
  "$@" && { printf '\0' && cat "$made"; } >"$made.first" &&
    mv "$made.first" "$made"
}

rm -rf "$folder/seeds"
seed fat 12 mkfs.fat -F 12 -i 1234abcd -n TWELVE
seed fat 16 mkfs.fat -F 16 -i 1234abcd -n SIXTEEN
SIZE=64M seed fat 32 mkfs.fat -F 32 -s 1 -i 1234abcd -n WIDE
seed exfat plain mkfs.exfat -b 4096 -c 512 -L LABEL
SIZE=2M seed ntfs plain mkfs.ntfs -F -q -L LABEL
SIZE=2M seed ntfs large mkfs.ntfs -F -q -c 65536
seed mbr logical table 'label: dos\n2048,2M,c,*\n,8M,E\n,2M,83\n,2M,7\n'
seed gpt named behind_a_byte table 'label: gpt\nsize=4096,name="one"\nsize=4096,type=U\n'
seed table logical behind_a_byte table 'label: dos\n2048,2M,c,*\n,8M,E\n,2M,83\n,2M,7\n'
seed table named behind_a_byte table 'label: gpt\nsize=4096,name="one"\nsize=4096,type=U\n'
seed foreign ext behind_a_byte mkfs.ext4 -q -F
seed foreign swap behind_a_byte mkswap
seed foreign table behind_a_byte table 'label: dos\n2048,2M,c,*\n,8M,E\n,2M,83\n,2M,7\n'
for format in qcow2 vhdx vmdk vdi qed parallels vpc; do
  seed container "$format" qemu-img create -q -f "$format" -o size=4M
done
for image in ../shared/corpus/blkid/images-fs/*.img.xz \
  ../shared/corpus/blkid/images-pt/*.img.xz; do
  name=$(basename "$image" .img.xz)
  case $name in
    exfat) target=exfat ;;
    *fat*) target=fat ;;
    ntfs) target=ntfs ;;
    iso*) target=iso ;;
    dos*) target=mbr ;;
    *) continue ;;
  esac
  [ -e "$image" ] || continue
  mkdir -p "$folder/seeds/$target"
  first=1
  [ "$target" != iso ] || first=32769
  xz -dc "$image" 2>/dev/null | head -c 131072 | tail -c +"$first" \
    >"$folder/seeds/$target/$name" || : # no xz, no seed
done

# So many runs take about as long for each.
passed=0 failed=0
while read -r target runs; do
  mkdir -p "$folder/seeds/$target" "$folder/found"
  build "$target" "spec/fuzz/$target.c" src/nt/disk/*.c src/nt/text.c
  printf '%s: %d runs\n' "$target" "$((runs * times))"
  if "$folder/$target" -seed=1 -runs="$((runs * times))" -max_len=131073 \
    -timeout=10 -verbosity=0 -print_final_stats=1 \
    -artifact_prefix="$folder/found/$target-" "$folder/seeds/$target" \
    >"$folder/$target.log" 2>&1; then
    grep 'number_of_executed_units' "$folder/$target.log"
    passed=$((passed + 1))
  else
    cat "$folder/$target.log"
    failed=$((failed + 1))
  fi
done <<'END'
fat 10000
exfat 3000
ntfs 10000
iso 10000
btrfs 3000
mbr 10000
gpt 3000
table 5000
container 10000
foreign 10000
END
printf '\n%d passed, %d failed, 0 skipped\n' "$passed" "$failed"
[ "$failed" = 0 ]
