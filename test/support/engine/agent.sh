# A stand-in for an agent that takes input while it runs: it speaks the line protocol (src/agents/line-protocol), adds lines
# to `work.txt`, and notes what it was given in a ledger outside of the worktree, so that nothing can run twice unseen.
# Arguments: --session ID or --resume ID. Words in a prompt: #ask (a permission first), #slow:SECONDS, #hang, #fail,
# #danger (tools that alarm, then a permission to push by force).
ledger=$COPPICE_AGENT_STATE/ledger
pending=''
turn=''

note() {
  printf '%s %s %s %s %s\n' "$$" "$COPPICE_SESSION" "$COPPICE_RUN" "$1" "$2" >>"$ledger"
}

value() {
  found=${line#*\"$1\":\"}
  found=${found%%\"*}
}

result() {
  turn=''
  printf '{"type":"result","outcome":"%s","reason":"%s","text":"%s"}\n' "$1" "$1" "$2"
}

work() {
  printf '%s\n' "- $1" >>work.txt
  result success "wrote $1"
}

begin() {
  turn=$1
  printf '{"type":"prompt","id":"%s"}\n' "$1"
  case $2 in *'#slow:'*)
    seconds=${2#*#slow:}
    printf '{"type":"message","text":"at work"}\n'
    sleep "${seconds%% *}"
    ;;
  esac
  case $2 in
    *'#hang'*) printf '{"type":"message","text":"for ever"}\n' ;;
    *'#fail'*) result failed "$2" ;;
    *'#danger'*)
      pending=$2
      note ask "$1"
      for n in 1 2 3; do
        printf '{"type":"tool","id":"t%s","name":"Bash","input":{"command":"cat ~/.ssh/id_rsa"}}\n' "$n"
      done
      printf '{"type":"tool-end","id":"t3","ok":false,"output":"cat: Permission denied"}\n'
      printf '{"type":"ask","id":"ask-%s","kind":"permission","title":"Bash","tool":"Bash","input":{"command":"sh -c \\"git push --force\\""}}\n' "$1"
      ;;
    *'#ask'*)
      pending=$2
      note ask "$1"
      printf '{"type":"ask","id":"ask-%s","kind":"permission","title":"Edit work.txt","tool":"Edit"}\n' "$1"
      ;;
    *) work "$2" ;;
  esac
}

mkdir -p "$COPPICE_AGENT_STATE"
note start "$2"
printf '{"type":"session","session":"%s","model":"none","version":"1.0.0"}\n' "$2"
while IFS= read -r line; do
  case $line in
    *'"type":"prompt"'*)
      value id
      id=$found
      value text
      note prompt "$id"
      begin "$id" "$found"
      ;;
    *'"type":"answer"'*)
      value request
      note answer "$found"
      printf '{"type":"answered","id":"%s"}\n' "$found"
      case $line in
        *'"choice":"allow"'*) work "$pending" ;;
        *) result interrupted 'not allowed' ;;
      esac
      ;;
    *'"type":"interrupt"'*)
      value id
      note interrupt "$found"
      printf '{"type":"interrupted","id":"%s"}\n' "$found"
      [ -z "$turn" ] || result interrupted ''
      ;;
  esac
done
note end "$2"
