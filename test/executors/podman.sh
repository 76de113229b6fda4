#!/bin/sh
# podman.sh: the suite of the Docker executor on a Podman of its own, which goes with it. Needs podman and catatonit, and root where
# rootless containers are not set up. Takes about a minute.
set -e
cd "$(dirname "$0")/../.."
folder=$(mktemp -d)
socket=$folder/podman.sock
# Without this it asks for more files and processes than some machines allow.
limit=$(ulimit -Hn)
[ "$limit" != unlimited ] || limit=1048576
printf '[containers]\ndefault_ulimits = ["nofile=%s:%s", "nproc=4096:4096"]\n[engine]\ncgroup_manager = "cgroupfs"\n' "$limit" "$limit" >"$folder/containers.conf"
export CONTAINERS_CONF="$folder/containers.conf"
# In its own folder: it leaves notes where it was started.
(cd "$folder" && exec podman --root "$folder/root" --runroot "$folder/run" system service --time 0 "unix://$socket" 2>"$folder/log") &
service=$!
end() {
  podman --root "$folder/root" --runroot "$folder/run" rm --all --force >/dev/null 2>&1 || :
  kill "$service" 2>/dev/null || :
  wait "$service" 2>/dev/null || :
  umount "$folder/root/overlay" 2>/dev/null || :
  rm -rf "$folder"
}
trap end EXIT
tries=0
until [ -S "$socket" ]; do
  tries=$((tries + 1))
  if [ "$tries" -gt 300 ]; then
    cat "$folder/log" >&2
    exit 1
  fi
  sleep 0.1
done
DOCKER_HOST="unix://$socket" node_modules/.bin/mocha --timeout 90000 test/executors/docker.test.ts
