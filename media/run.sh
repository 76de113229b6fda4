#!/bin/sh
# run.sh DIRECTORY STREAM STDERR duplex|plain COMMAND [ARGUMENT...]
#
# Runs one agent once, the same way on every executor, and leaves all that is known about it in files:
#   DIRECTORY/lock        made by mkdir: whoever makes it runs the agent, every later start exits 75
#   DIRECTORY/pid         pid, start time and boot id of the agent and of this wrapper; there before the agent's first step
#   DIRECTORY/in/NNNNNN   inputs 1, 2, 3 ... renamed into place by the engine; in/close ends the input
#   DIRECTORY/done/NNNNNN made just before an input is fed; each is fed once and in order, a gap holds what follows it
#   DIRECTORY/stdin       fifo: any line wakes the feeder, what it says does not matter
#   DIRECTORY/exit.json   written once, by rename, in space kept for it: {"code": wait status, "at": seconds since 1970}
#   STREAM, STDERR        output of the agent, appended; a torn last line of an earlier run is ended first
# DIRECTORY must exist. Exit status: the agent's; 75 already started; 74 nothing was started (see DIRECTORY/wrapper.log).
# The words of this file are names with `coppice_`: any other name could be a variable of the agent's environment.
# Everything is in functions, so that the whole file is read before it runs and may be replaced meanwhile.

# Sets coppice_pid and coppice_start of the shell that calls it, without a fork where there is /proc.
coppice_identify() {
  if [ -r /proc/self/stat ]; then
    read -r coppice_pid coppice_x coppice_x coppice_x coppice_x coppice_x coppice_x coppice_x coppice_x coppice_x \
      coppice_x coppice_x coppice_x coppice_x coppice_x coppice_x coppice_x coppice_x coppice_x coppice_x coppice_x \
      coppice_start coppice_x </proc/self/stat
  else
    coppice_pid=$(exec sh -c 'echo "$PPID"')
    coppice_start=$(TZ=UTC0 LC_ALL=C ps -o lstart= -p "$coppice_pid")
  fi
}

coppice_identify_boot() {
  if [ -r /proc/sys/kernel/random/boot_id ]; then
    read -r coppice_boot </proc/sys/kernel/random/boot_id
  else
    coppice_boot=$(sysctl -n kern.bootsessionuuid 2>/dev/null || sysctl -n kern.boottime)
  fi
}

# Feeds the inbox to the agent. Ends with in/close or when the agent takes no more.
coppice_feed() {
  trap '' HUP INT QUIT PIPE TERM
  # By `exec`: a shell keeps a copy of what is redirected in any other way, here of the agent's end of the fifo.
  exec >&6 5<&- 6>&-
  coppice_n=1000001
  while :; do
    while [ -e "$coppice_dir/in/${coppice_n#1}" ]; do
      true >"$coppice_dir/done/${coppice_n#1}" || break
      cat <"$coppice_dir/in/${coppice_n#1}" 3<&- || return
      coppice_n=$((coppice_n + 1))
    done
    [ -e "$coppice_dir/in/close" ] && [ ! -e "$coppice_dir/in/${coppice_n#1}" ] && return
    read -r coppice_x <&3 || return
  done
}

# A signal for the wrapper is one for the agent; it waits while there is none yet.
coppice_pass_on() {
  coppice_trapped=1
  if [ -n "$coppice_agent" ]; then kill -"$1" "$coppice_agent" 2>/dev/null; else coppice_pending=$1; fi
}

# The agent can be started again after this: nothing of it has run.
coppice_refuse() {
  echo "run.sh: $1" >&2
  rm -rf "$coppice_dir/pid" "$coppice_dir/exit.tmp" "$coppice_dir/stdin" "$coppice_dir/lock"
  exit 74
}

coppice_main() {
  coppice_dir=$1 coppice_stream=$2 coppice_stderr=$3 coppice_input=$4
  shift 4
  coppice_path=${PATH-}
  PATH=/usr/bin:/bin:/usr/sbin:/sbin${coppice_path:+:$coppice_path}
  coppice_agent='' coppice_feeder='' coppice_pending=''
  exec 2>>"$coppice_dir/wrapper.log" </dev/null || exit 74
  if ! mkdir "$coppice_dir/lock" 2>/dev/null; then
    [ -d "$coppice_dir/lock" ] && exit 75
    echo "run.sh: the lock could not be made in $coppice_dir" >&2
    exit 74
  fi
  # Traps that are commands go back to their defaults in the agent; ignored signals would be ignored by it as well.
  trap 'coppice_pass_on TERM' TERM
  trap 'coppice_pass_on INT' INT
  trap 'coppice_trapped=1' HUP PIPE

  printf '%255s\n' '' >"$coppice_dir/exit.tmp" || coppice_refuse 'there is no space for exit.json'
  true >>"$coppice_stream" 2>>"$coppice_stderr" || coppice_refuse 'the output files cannot be opened'
  if [ -s "$coppice_stream" ] && [ "$(tail -c 1 "$coppice_stream" | wc -l)" -eq 0 ]; then
    echo >>"$coppice_stream" || coppice_refuse 'the torn line of an earlier run could not be ended'
  fi
  if [ "$coppice_input" = duplex ]; then
    [ -d "$coppice_dir/in" ] && [ -d "$coppice_dir/done" ] || mkdir -p "$coppice_dir/in" "$coppice_dir/done"
    mkfifo "$coppice_dir/stdin" "$coppice_dir/lock/agent" || coppice_refuse 'the fifos could not be made'
    # Opened for both directions first, so that nobody ever waits for the other end to be opened.
    exec 3<>"$coppice_dir/stdin" 4<>"$coppice_dir/lock/agent"
    exec 5<"$coppice_dir/lock/agent" 6>"$coppice_dir/lock/agent" 4>&-
  else
    exec 5</dev/null
  fi

  coppice_identify_boot
  coppice_identify
  coppice_wrapper=$coppice_pid coppice_wrapper_start=$coppice_start
  (
    trap - HUP INT QUIT PIPE TERM
    coppice_identify
    printf 'pid %s\nstart %s\nboot %s\nwrapper %s\nwrapper-start %s\n' "$coppice_pid" "$coppice_start" \
      "$coppice_boot" "$coppice_wrapper" "$coppice_wrapper_start" >"$coppice_dir/pid" || exit 74
    PATH=$coppice_path
    exec "$@"
  ) <&5 >>"$coppice_stream" 2>>"$coppice_stderr" 3>&- 5<&- 6>&- &
  coppice_agent=$!
  [ -z "$coppice_pending" ] || kill -"$coppice_pending" "$coppice_agent" 2>/dev/null
  if [ "$coppice_input" = duplex ]; then
    coppice_feed &
    coppice_feeder=$!
  fi
  exec 3>&- 5<&- 6>&-

  # A trapped signal ends `wait` early: then the agent is still there to be waited for.
  while :; do
    coppice_trapped=''
    wait "$coppice_agent"
    coppice_code=$?
    [ -n "$coppice_trapped" ] && kill -0 "$coppice_agent" 2>/dev/null || break
  done
  if [ -n "$coppice_trapped" ]; then
    wait "$coppice_agent"
    coppice_again=$?
    [ "$coppice_again" -eq 127 ] || coppice_code=$coppice_again
  fi
  # ksh reports 256 + the signal where others report 128 + the signal.
  [ "$coppice_code" -le 256 ] || coppice_code=$((coppice_code - 128))
  [ -z "$coppice_feeder" ] || kill -KILL "$coppice_feeder" 2>/dev/null
  if [ "$coppice_code" -eq 74 ] && [ ! -s "$coppice_dir/pid" ]; then coppice_refuse 'there is no space for pid'; fi
  coppice_at=$(date +%s)
  printf '{"code":%d,"at":%d}' "$coppice_code" "${coppice_at:-0}" 1<>"$coppice_dir/exit.tmp"
  mv "$coppice_dir/exit.tmp" "$coppice_dir/exit.json"
  exit "$coppice_code"
}

coppice_main "$@"
