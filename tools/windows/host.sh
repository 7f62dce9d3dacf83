#!/bin/sh
# host.sh FOLDER: runs programs of the host for specs that run under Wine. For
# each line that arrives in FOLDER/ask it runs the shell script FOLDER/command,
# writes what that printed to FOLDER/output, and its exit status to
# FOLDER/answer. Ends when it is killed.
folder=$1

# Open both ways, so that neither ends when a program closes it.
exec 3<>"$folder/ask" 4<>"$folder/answer"
while IFS= read -r _ <&3; do
  sh "$folder/command" >"$folder/output" 2>&1 </dev/null 3<&- 4>&-
  echo $? >&4
done
