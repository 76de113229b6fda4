# A stand-in for a command that is run once per prompt: adds the prompt to `work.txt`, and notes its beginning and its end in
# a ledger outside of the worktree. Arguments: the ledger, and the prompt unless it
# is typed in. Words in a prompt: #gate (waits until LEDGER.gate is there),
# #slow:SECONDS, #hang, #fail, #help (leaves a question for a person).
note() {
  printf '%s %s %s %s %s\n' "$$" "$COPPICE_SESSION" "$COPPICE_RUN" "$1" "$2" >>"$ledger"
}

ledger=$1
[ $# -gt 1 ] || set -- "$1" "$(cat)"
note prompt "$2"
echo "at work on $2"
case $2 in *'#gate'*) while [ ! -e "$ledger.gate" ]; do sleep 0.05; done ;; esac
case $2 in *'#slow:'*)
  seconds=${2#*#slow:}
  sleep "${seconds%% *}"
  ;;
esac
case $2 in
  *'#hang'*) sleep 600 ;;
  *'#fail'*) exit 3 ;;
esac
case $2 in *'#help'*)
  mkdir -p .coppice
  echo 'Which one?' >.coppice/help.md
  ;;
esac
printf '%s\n' "- $2" >>work.txt
note end "$2"
