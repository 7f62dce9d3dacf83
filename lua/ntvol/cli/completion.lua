--- The completions that the shells load. They know no command: each of them
-- asks `ntvol __complete -- WORD...` what the last word may become, and gets
-- lines. The first says what else may stand there: `files`, `folders`,
-- `commands` or `nothing`. Each of the others is a word, a tab, and what the
-- word means.
-- @module ntvol.cli.completion

local M = {}

-- Bash takes words apart at colons and equal signs; they are put together
-- again, and what stands in front of the last part is taken off the answers.
M.bash = [==[
# Completion of ntvol for bash.
_ntvol() {
  local line=${COMP_LINE:0:COMP_POINT} words=() word='' value kind='' i
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ $i != 0 && -n $word && $line != [[:space:]]* ]]; then
      words[${#words[@]} - 1]+=$word
    else
      words+=("$word")
    fi
    line=${line#"${line%%[![:space:]]*}"}
    line=${line#"$word"}
  done
  local last=${words[${#words[@]} - 1]}
  local front=${last%"$word"}
  [[ $word == [:=] ]] && front=$last
  COMPREPLY=()
  while IFS=$'\t' read -r value _; do
    if [[ -z $kind ]]; then
      kind=$value
      continue
    fi
    [[ $last == [\"\']* ]] || printf -v value %q "$value"
    COMPREPLY+=("${value#"$front"}")
  done < <("$1" __complete --shell bash -- "${words[@]:1}" 2>/dev/null)
  case $kind in
    files) compopt -o default 2>/dev/null ;;
    folders) compopt -o dirnames 2>/dev/null ;;
    commands) mapfile -t COMPREPLY < <(compgen -c -- "$word") ;;
  esac
}
complete -F _ntvol ntvol
]==]

M.zsh = [==[
#compdef ntvol
# Completion of ntvol for zsh.
_ntvol() {
  local -a lines values shown
  local line kind
  lines=("${(@f)$("${words[1]}" __complete --shell zsh -- \
    "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
  kind=${lines[1]}
  for line in "${(@)lines[2,-1]}"; do
    values+=("${line%%$'\t'*}")
    shown+=("${line/$'\t'/  }")
  done
  case $kind in
    files) _files ;;
    folders) _files -/ ;;
    commands) _command_names -e ;;
  esac
  (( $#values )) && compadd -l -d shown -a values
}
if [[ $funcstack[1] == _ntvol ]]; then
  _ntvol "$@"
else
  compdef _ntvol ntvol
fi
]==]

M.fish = [==[
# Completion of ntvol for fish.
function __ntvol_complete
  set -l words (commandline -opc)
  set -l word (commandline -ct)
  set -l program $words[1]
  set -e words[1]
  set -l lines ($program __complete --shell fish -- \
    (string unescape -- $words) "$word" 2>/dev/null)
  switch "$lines[1]"
    case files
      __fish_complete_path "$word"
    case folders
      __fish_complete_directories "$word" ''
    case commands
      __fish_complete_command
  end
  set -e lines[1]
  printf '%s\n' $lines
end
complete -c ntvol -f -a '(__ntvol_complete)'
]==]

return M
