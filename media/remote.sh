#!/bin/sh
# remote.sh VERB SESSION [ARGUMENT...]
#
# What Coppice does on another host, beside run.sh, which is in the same folder. It is started anew for each question, with words
# that no login shell takes for its own; whatever else it needs comes on its standard input. Everything of a session is below
# ~/.coppice/remote/sessions/SESSION: runs/N (see run.sh), stream.jsonl, stderr.log, and work, the tree in which its agent works.
# Exit status 0, or: 64 unknown verb, 66 the working tree cannot be entered, 69 no such program, 70 no answer in time, 75 the agent
# takes no more input, 76 something of it still lives.
# Names begin with `coppice_` wherever variables of an agent's environment could be around.
umask 077
cd || exit 71
coppice_verb=$1 coppice_session=$2
coppice_bin=$(dirname "$0")
case $coppice_bin in /*) ;; *) coppice_bin=$HOME/$coppice_bin ;; esac
coppice_base=$HOME/.coppice/remote/sessions/$coppice_session
[ "$#" -lt 2 ] || shift 2

boot_id() {
  if [ -r /proc/sys/kernel/random/boot_id ]; then
    cat /proc/sys/kernel/random/boot_id
  else
    sysctl -n kern.bootsessionuuid 2>/dev/null || sysctl -n kern.boottime
  fi
}

# start_of PID: its start time, as run.sh writes it; nothing when there is no such process or it has ended.
start_of() {
  if [ -r /proc/self/stat ]; then
    sed -n 's/^.*) \([A-Z]\) /\1 /; /^[ZX] /!p' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20
  else
    case $(ps -o stat= -p "$1" 2>/dev/null) in '' | Z*) return ;; esac
    TZ=UTC0 LC_ALL=C ps -o lstart= -p "$1" 2>/dev/null | sed 's/^ *//; s/ *$//'
  fi
}

# value NAME: of the pid file of the run.
value() { sed -n "s/^$1 //p" "$run/pid" 2>/dev/null | sed 's/ *$//'; }

nap() { sleep "$1" 2>/dev/null || sleep 1; }

# Whether the agent of the run is alive.
agent_lives() {
  [ -s "$run/pid" ] && [ "$(value boot)" = "$(boot_id)" ] && [ "$(start_of "$(value pid)")" = "$(value start)" ] &&
    [ -n "$(value start)" ]
}

wrapper_lives() {
  [ -n "$(value wrapper-start)" ] && [ "$(start_of "$(value wrapper)")" = "$(value wrapper-start)" ]
}

# One line: what is known of the agent; see parseState in state.ts.
state() {
  if [ -e "$run/exit.json" ]; then
    printf 'exited %s\n' "$(cat "$run/exit.json")"
  elif [ -s "$run/pid" ]; then
    if [ "$(value boot)" != "$(boot_id)" ]; then
      echo 'gone the host was restarted since'
    elif agent_lives; then
      printf 'running %s\n' "$(value pid)"
    else
      # Its wrapper, if it lives, is about to say how it ended.
      n=0
      while [ ! -e "$run/exit.json" ] && wrapper_lives && [ $n -lt 40 ]; do nap 0.05; n=$((n + 1)); done
      if [ -e "$run/exit.json" ]; then printf 'exited %s\n' "$(cat "$run/exit.json")"; else echo ended; fi
    fi
  elif [ -d "$run/lock" ]; then
    if [ -e "$run/boot" ] && [ "$(cat "$run/boot")" != "$(boot_id)" ]; then
      echo 'gone the host was restarted while the agent was being started'
    else
      echo 'unknown the start was begun, but no process is recorded'
    fi
  else
    echo not-started
  fi
}

# Processes of the run (or of the session, without a run), each once: all that descend from its own two, all that carry its mark.
family() {
  {
    if [ -n "$run" ] && [ -s "$run/pid" ] && [ "$(value boot)" = "$(boot_id)" ]; then
      agent_lives && echo "$(value pid) agent"
      wrapper_lives && echo "$(value wrapper) wrapper"
    fi
    for file in $(grep -lasF "COPPICE_SESSION=$coppice_session" /proc/[0-9]*/environ 2>/dev/null); do
      pid=${file#/proc/}
      pid=${pid%/environ}
      marks=$(tr '\0' '\n' <"$file" 2>/dev/null) || continue
      printf '%s\n' "$marks" | grep -qxF "COPPICE_SESSION=$coppice_session" || continue
      [ -z "$run" ] || printf '%s\n' "$marks" | grep -qxF "COPPICE_RUN=${run##*/}" || continue
      echo "$pid mark"
    done
  } | {
    known=$(cat)
    {
      printf '%s\n' "$known" | sed 's/^/known /'
      ps -A -o pid= -o ppid= -o stat= -o comm=
    } | awk '
      $1 == "known" { if ($2 != "" && !($2 in how)) how[$2] = $3; next }
      { pid[NR] = $1; parent[$1] = $2; state[$1] = $3; $1 = $2 = $3 = ""; sub(/^ */, ""); name[pid[NR]] = $0 }
      END {
        do {
          grown = 0
          for (i in pid) { p = pid[i]; if (!(p in how) && (parent[p] in how)) { how[p] = "descent"; grown = 1 } }
        } while (grown)
        for (i in pid) { p = pid[i]; if ((p in how) && state[p] !~ /^Z/) print p, how[p], name[p] }
      }'
  } | while read -r pid how name; do
    began=$(start_of "$pid")
    [ -z "$began" ] || printf '%s\t%s\t%s\t%s\n' "$pid" "$began" "$how" "$name"
  done
}

# Ends every member of the family that is alive, again and again for at most $1 tenths of a second; prints who was ended.
sweep() {
  quiet=0 n=0
  while [ $quiet -lt 2 ] && [ $n -lt "$1" ]; do
    found=$(family)
    if [ -z "$found" ]; then quiet=$((quiet + 1)); else quiet=0; fi
    printf '%s\n' "$found" | while read -r pid rest; do
      [ -n "$pid" ] && kill -KILL "$pid" 2>/dev/null && printf 'killed %s\t%s\n' "$pid" "$rest"
    done
    n=$((n + 1))
    [ $quiet -ge 2 ] || nap 0.05
  done
  family | sed 's/^/left /'
}

# Wakes the feeder. Fails when nobody reads the fifo.
wake() {
  (echo wake >"$run/stdin") 2>/dev/null &
  writer=$! n=0
  while kill -0 "$writer" 2>/dev/null; do
    [ $n -lt 40 ] || { kill "$writer" 2>/dev/null; return 1; }
    nap 0.05
    n=$((n + 1))
  done
  wait "$writer"
}

# Puts standard input into the inbox as $1, once, and wakes the feeder.
put() {
  [ ! -e "$run/exit.json" ] || exit 75
  if [ -d "$run/lock" ] && [ ! -p "$run/stdin" ] && [ -s "$run/pid" ]; then exit 75; fi
  mkdir -p "$run/in" "$run/done" || exit 73
  if [ ! -e "$run/in/$1" ]; then
    cat >"$run/in/.$1.$$" && mv "$run/in/.$1.$$" "$run/in/$1" || { rm -f "$run/in/.$1.$$"; exit 73; }
    fresh=1
  fi
  [ -p "$run/stdin" ] || return 0
  if ! wake; then
    [ -e "$run/done/$1" ] && return 0
    [ -z "$fresh" ] || rm -f "$run/in/$1"
    exit 75
  fi
}

size() { wc -c <"$1" 2>/dev/null | tr -d ' '; }

start() {
  coppice_run=$run coppice_mode=$1 coppice_offset=$2
  coppice_text=$(cat)
  mkdir -p "$coppice_run/in" "$coppice_run/done" "$coppice_base/work" || exit 73
  boot_id >"$coppice_run/boot"
  # Offsets are those of the mirror on the other side: what is missing here was read there already.
  if [ "$(($(size "$coppice_base/stream.jsonl") + 0))" -lt "$coppice_offset" ]; then
    dd if=/dev/null of="$coppice_base/stream.jsonl" bs=1 seek="$coppice_offset" 2>/dev/null
  fi
  true >>"$coppice_base/stream.jsonl" || exit 73
  if [ ! -d "$coppice_run/lock" ]; then
    (
      cd "$coppice_base/work" || exit 66
      rm -f "$coppice_base/sent" || exit 73
      unset SSH_CLIENT SSH_CONNECTION SSH_TTY SSH_AUTH_SOCK
      # Words of ours, each quoted: variables first, then the command line.
      eval "$coppice_text"
      command -v "$1" >/dev/null 2>&1 || exit 69
      if /usr/bin/env --default-signal=INT,QUIT true 2>/dev/null; then set -- /usr/bin/env --default-signal=INT,QUIT "$@"; fi
      coppice_own=''
      command -v setsid >/dev/null 2>&1 && coppice_own=setsid
      $coppice_own sh "$coppice_bin/run.sh" "$coppice_run" "$coppice_base/stream.jsonl" "$coppice_base/stderr.log" \
        "$coppice_mode" "$@" </dev/null >/dev/null 2>&1 &
    )
    coppice_code=$?
    [ $coppice_code -eq 0 ] || exit $coppice_code
  fi
  coppice_n=0
  while [ ! -s "$coppice_run/pid" ] && [ $coppice_n -lt 340 ]; do
    # Mostly it is there after some hundredths of a second.
    if [ $coppice_n -lt 40 ]; then nap 0.01; else nap 0.05; fi
    coppice_n=$((coppice_n + 1))
  done
  [ -s "$coppice_run/pid" ] || { tail -n 5 "$coppice_run/wrapper.log" >&2; exit 70; }
  cat "$coppice_run/pid"
}

# The stream from byte $1 on (counted from 0), until the agent has ended or nobody listens any more.
follow() {
  if [ -e "$run/exit.json" ]; then
    tail -c "+$(($1 + 1))" "$coppice_base/stream.jsonl" 2>/dev/null
    return
  fi
  tail -c "+$(($1 + 1))" -f "$coppice_base/stream.jsonl" 2>/dev/null &
  reader=$! n=0
  trap 'kill "$reader" 2>/dev/null; exit' HUP TERM PIPE
  while [ ! -e "$run/exit.json" ] && { [ ! -s "$run/pid" ] || agent_lives || wrapper_lives; }; do
    nap 0.2
    n=$((n + 1))
    # Whoever listens hears that this lives; where nobody does any more, it ends.
    if [ $((n % 25)) -eq 0 ]; then echo alive >&2 || break; fi
  done
  kill "$reader" 2>/dev/null
}

stop() {
  signal=none
  if agent_lives; then
    signal=SIGTERM
    kill -TERM "$(value pid)" 2>/dev/null
    n=0
    while agent_lives && [ $n -lt "$1" ]; do nap 0.1; n=$((n + 1)); done
    if agent_lives; then
      signal=SIGKILL
      # Before it ends: what descends from it can only be told while it lives.
      family | while read -r pid rest; do
        case $rest in *wrapper*) ;; *) kill -KILL "$pid" 2>/dev/null && printf 'killed %s\t%s\n' "$pid" "$rest" ;; esac
      done
    fi
  fi
  [ ! -d "$run/lock" ] || state >/dev/null
  sweep "$2"
  # Nothing of it is left and no process was ever recorded: the start never was.
  if [ -d "$run/lock" ] && [ ! -s "$run/pid" ] && [ ! -e "$run/exit.json" ]; then rm -rf "$run/lock" "$run/stdin" "$run/done"; fi
  echo "signal $signal"
  state
}

run=''
case $coppice_verb in
  facts)
    printf 'home %s\nboot %s\ngit %s\nsystem %s\n' "$(pwd -P)" "$(boot_id)" "$(git --version 2>/dev/null)" "$(uname -sm)"
    printf 'path %s\n' "$("${SHELL:-/bin/sh}" -lc 'printf "%s" "$PATH"' </dev/null 2>/dev/null | tail -n 1)"
    ;;
  start | state | write | input | close | signal | follow | stop | family | clean | file)
    run=$coppice_base/runs/$1
    shift
    case $coppice_verb in
      start) start "$@" ;;
      state)
        state
        printf 'size %s\n' "$(size "$coppice_base/stream.jsonl")"
        ;;
      write)
        [ ! -e "$run/done/$1" ] || { echo fed; exit 0; }
        put "$1"
        echo pending
        ;;
      input)
        if [ -e "$run/done/$1" ]; then echo fed; elif [ -e "$run/in/$1" ]; then echo pending; else echo absent; fi
        ;;
      close) put close </dev/null ;;
      signal)
        case $(state) in
          running*) kill -"$1" "$(value pid)" 2>/dev/null && echo sent || echo not-running ;;
          unknown*) echo unknown ;;
          *) echo not-running ;;
        esac
        ;;
      follow) follow "$1" ;;
      stop) stop "$1" "$2" ;;
      family) family ;;
      clean)
        if [ -n "$(family)" ]; then exit 76; fi
        rm -rf "$run"
        ;;
      file)
        mkdir -p "$run" && cat >"$run/$1"
        ;;
    esac
    ;;
  read) tail -c "+$(($2 + 1))" "$coppice_base/$1" 2>/dev/null ;;
  sweep) sweep "$1" ;;
  memory)
    run=$coppice_base/runs/$1
    family | while read -r pid rest; do ps -o rss= -p "$pid"; done | awk '{ sum += $1 } END { print sum * 1024 }'
    ;;
  tree-known)
    # Commits that this host has of the repository $1, so that they need not be sent.
    git -C "$HOME/.coppice/remote/repositories/$1" for-each-ref --format='%(objectname)' 2>/dev/null
    ;;
  tree-put)
    # tree-put SESSION REPOSITORY BRANCH HEAD COMMIT PACK: takes the pack on standard input, and makes the tree as COMMIT has it. From
    # its first change of the tree until an agent begins there is `sent`: nothing in the tree is anybody's work.
    repository=$HOME/.coppice/remote/repositories/$1 branch=$2 head=$3 commit=$4
    work=$coppice_base/work
    mkdir -p "$repository" "$coppice_base" || exit 73
    # Several sessions may want it at the same moment: making it twice is harmless, but git may fail over the other's lock.
    tries=0
    while [ ! -e "$repository/made" ]; do
      if git init -q --bare --template= "$repository" >/dev/null 2>"$coppice_base/init.log"; then
        true >"$repository/made" || exit 73
      else
        tries=$((tries + 1))
        [ $tries -lt 50 ] || { cat "$coppice_base/init.log" >&2; exit 73; }
        nap 0.1
      fi
    done
    if [ "$5" = pack ]; then git -C "$repository" index-pack --stdin >/dev/null || exit 74; else cat >/dev/null; fi
    printf 'update refs/coppice/%s/sent %s\nupdate refs/heads/%s %s\n' "$coppice_session" "$commit" "$branch" "$head" |
      git -C "$repository" update-ref --stdin || exit 74
    true >"$coppice_base/sent" || exit 73
    fresh=''
    if [ ! -e "$work/.git" ]; then
      # What is left of a tree whose .git somebody removed may be work.
      rmdir "$work" 2>/dev/null || [ ! -e "$work" ] || mv "$work" "$work.$(date +%s)" || exit 74
      git -C "$repository" worktree prune
      git -C "$repository" worktree add -q -f --no-checkout "$work" "$branch" || exit 74
      fresh=1
    fi
    cd "$work" || exit 66
    if [ -z "$fresh" ]; then
      rm -f "$(git rev-parse --git-dir)/index.lock"
      git symbolic-ref HEAD "refs/heads/$branch" || exit 74
    fi
    git read-tree --reset -u "$commit" || exit 74
    [ -n "$fresh" ] || git clean -fdq || exit 74
    # With -m what is known of the files that are alike is kept: none has to be read again.
    git read-tree -m "$head" || exit 74
    [ ! -e "$coppice_base/furnished" ] || echo furnished
    exit 0
    ;;
  tree-ignore)
    # tree-ignore SESSION REPOSITORY: patterns on standard input; those that are there already are not added again.
    rules=$HOME/.coppice/remote/repositories/$1/info/exclude
    mkdir -p "${rules%/*}" && true >>"$rules" || exit 73
    fresh=$(grep -vxF -f "$rules")
    [ -z "$fresh" ] || printf '%s\n' "$fresh" >>"$rules" || exit 73
    exit 0
    ;;
  tree-fill)
    # Puts the files of the archive on standard input into the tree, as the user's own.
    cd "$coppice_base/work" || exit 66
    tar -xof - || exit 74
    ;;
  tree-furnished) true >"$coppice_base/furnished" || exit 73 ;;
  script)
    # script SESSION SECONDS: runs the command line on standard input (see start) in the tree. What it prints comes out; the last line
    # of the error output says how it ended.
    coppice_limit=$1
    coppice_text=$(cat)
    cd "$coppice_base/work" || exit 66
    # Ours is the only one: what another one left, whose caller is gone, ends first, and its guard then leaves ours alone.
    echo $$ >"$coppice_base/script" || exit 73
    sweep 40 >/dev/null
    (
      unset SSH_CLIENT SSH_CONNECTION SSH_TTY SSH_AUTH_SOCK
      eval "$coppice_text"
      command -v "$1" >/dev/null 2>&1 || { echo "not found: $1"; exit 127; }
      command -v setsid >/dev/null 2>&1 && set -- setsid "$@"
      exec "$@"
    ) </dev/null 2>&1 &
    coppice_script=$!
    coppice_until=$(($(date +%s) + coppice_limit))
    while [ -n "$(start_of "$coppice_script")" ] && [ "$(date +%s)" -lt "$coppice_until" ]; do nap 0.1; done
    coppice_end=timeout
    if [ -z "$(start_of "$coppice_script")" ]; then
      wait "$coppice_script"
      coppice_end="ended $?"
    fi
    [ "$(cat "$coppice_base/script")" = $$ ] || exit 75
    sweep 40 >/dev/null
    rm -f "$coppice_base/script"
    echo "$coppice_end" >&2
    exit 0
    ;;
  question)
    # question SESSION read|taken: the file in which the agent asks for help comes out, or goes. Never through a link.
    file=$coppice_base/work/.coppice/help.md
    [ ! -L "${file%/*}" ] && [ ! -L "$file" ] && [ -f "$file" ] || exit 0
    case $1 in read) head -c 65536 "$file" ;; taken) rm -f "$file" ;; esac
    ;;
  tree-worked) [ -e "$coppice_base/sent" ] || [ ! -e "$coppice_base/work/.git" ] || echo worked ;;
  tree-keep)
    # Keeps the tree as it is in a commit of ours: prints HEAD, its branch (or -), the commit and its tree.
    repository=$HOME/.coppice/remote/repositories/$1
    cd "$coppice_base/work" || exit 66
    head=$(git rev-parse --verify HEAD) || exit 74
    # Of its own: a git that was killed here leaves its lock, and one whose caller is gone may still be at work. Whoever ends last leaves
    # what is known of the files to the next.
    find "$coppice_base" -maxdepth 1 -name 'index.*' -mtime +0 -exec rm -f {} + 2>/dev/null
    GIT_INDEX_FILE=$coppice_base/index.$$
    trap 'rm -f "$GIT_INDEX_FILE" "$GIT_INDEX_FILE.lock"' EXIT
    [ ! -e "$coppice_base/index" ] || cp "$coppice_base/index" "$GIT_INDEX_FILE" || exit 74
    export GIT_INDEX_FILE GIT_AUTHOR_NAME=Coppice GIT_AUTHOR_EMAIL=coppice@localhost
    export GIT_COMMITTER_NAME=Coppice GIT_COMMITTER_EMAIL=coppice@localhost
    [ -e "$GIT_INDEX_FILE" ] || git read-tree "$head" || exit 74
    git -c core.fsmonitor=false -c core.hooksPath=/dev/null add -A || exit 74
    tree=$(git write-tree) || exit 74
    commit=$(echo 'As it was on another host' | git commit-tree "$tree" -p "$head") || exit 74
    git -C "$repository" update-ref "refs/coppice/$coppice_session/kept" "$commit" || exit 74
    mv "$GIT_INDEX_FILE" "$coppice_base/index"
    printf '%s %s %s %s\n' "$head" "$(git symbolic-ref -q --short HEAD || echo -)" "$commit" "$tree"
    ;;
  tree-pack)
    # tree-pack SESSION REPOSITORY: wanted commits, and with ^ those that are known, one a line on standard input; the pack comes out.
    git -C "$HOME/.coppice/remote/repositories/$1" pack-objects --revs --thin --stdout -q
    ;;
  forget)
    [ -z "$(family)" ] || exit 76
    branch=$(git -C "$coppice_base/work" symbolic-ref -q HEAD 2>/dev/null)
    [ -z "$branch" ] || git -C "$coppice_base/work" update-ref -d "$branch"
    for repository in "$HOME"/.coppice/remote/repositories/*; do
      [ -d "$repository/objects" ] || continue
      for ref in sent kept; do git -C "$repository" update-ref -d "refs/coppice/$coppice_session/$ref" 2>/dev/null; done
    done
    # Never an empty name: a session is always given.
    [ -n "$coppice_session" ] && rm -rf "$HOME/.coppice/remote/sessions/$coppice_session"
    for repository in "$HOME"/.coppice/remote/repositories/*; do
      [ ! -d "$repository/objects" ] || git -C "$repository" worktree prune
    done
    exit 0
    ;;
  *) exit 64 ;;
esac
