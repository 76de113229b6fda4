#!/bin/sh
# make-image.sh FILE [NODE]: the file system of a small image as a tar, from what this machine has: busybox, git, env, this node, and
# their libraries.
set -e
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root/bin" "$root/usr/bin" "$root/tmp" "$root/etc" "$root/workspace" "$root/session/run" "$root/home/agent" "$root/git" \
  "$root/objects" "$root/proc" "$root/sys" "$root/dev"
busybox=$(command -v busybox)
cp "$busybox" "$root/bin/busybox"
for applet in $("$busybox" --list); do [ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"; done
[ -z "$2" ] || cp -L "$2" "$root/usr/bin/node"
for program in git env ${2:+"$2"}; do
  file=$(readlink -f "$(command -v "$program")")
  [ "$program" = "$2" ] || cp "$file" "$root/usr/bin/$program"
  ldd "$file" | sed -n 's/^.*=> \(\/[^ ]*\) .*$/\1/p; s/^[[:space:]]*\(\/[^ ]*\) (.*$/\1/p' | while read -r library; do
    mkdir -p "$root$(dirname "$library")"
    cp -L "$library" "$root$library"
  done
done
touch "$root/session/run.sh" "$root/session/stream.jsonl" "$root/session/stderr.log"
tar -C "$root" -cf "$1" .
