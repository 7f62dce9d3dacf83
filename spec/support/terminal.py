# Runs a program on a terminal of its own: for each pair of arguments before "--",
# waits until the first has been printed, then types the second. Prints all that
# the program printed, and passes on its exit status.
import os
import pty
import signal
import sys


def main():
    end = sys.argv.index("--")
    words, program = sys.argv[1:end], sys.argv[end + 1:]
    child, terminal = pty.fork()
    if child == 0:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        try:
            os.execvp(program[0], program)
        finally:
            os._exit(127)
    seen, at = b"", 0

    def give_up(*_):  # nothing hangs for ever
        os.kill(child, signal.SIGKILL)

    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(120)

    def more():
        nonlocal seen
        try:
            got = os.read(terminal, 65536)
        except OSError:
            return False
        seen += got
        return got != b""

    for awaited, typed in zip(words[::2], words[1::2]):
        awaited = os.fsencode(awaited)
        while seen.find(awaited, at) < 0 and more():
            pass
        at = max(seen.find(awaited, at), 0) + len(awaited)
        os.write(terminal, os.fsencode(typed))
    while more():
        pass
    _, status = os.waitpid(child, 0)
    sys.stdout.buffer.write(seen)
    sys.exit(os.waitstatus_to_exitcode(status) % 256)


main()
