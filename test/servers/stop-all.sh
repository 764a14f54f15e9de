#!/usr/bin/env bash
# stop-all.sh FOLDER [PID]   ends every server whose run folder lies in FOLDER, unmounts what is mounted there, and
# removes FOLDER.
# With PID it first waits for that process to be gone: so nothing outlives a test run that was killed.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

folder=${1:?folder of run folders}
if [ -n "${2:-}" ]; then
  while [ -d "$folder" ] && alive "$2"; do sleep 1; done
fi
shopt -s nullglob
end KILL "$folder"/*/*.pid
if [ -r /proc/mounts ]; then
  # a file system may end by itself just now; -f ends the requests that processes wait for; -l takes the mount point away even while they hold files open
  awk -v under="$folder/" 'index($2, under) == 1 { print $2 }' /proc/mounts | while read -r at; do umount -fl "$at" || true; done
fi
rm -rf "$folder"
