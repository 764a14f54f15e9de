#!/usr/bin/env bash
# stop-all.sh FOLDER [PID]   ends every server whose run folder lies in FOLDER, and removes FOLDER.
# With PID it first waits for that process to be gone: so nothing outlives a test run that was killed.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

folder=${1:?folder of run folders}
if [ -n "${2:-}" ]; then
  while [ -d "$folder" ] && alive "$2"; do sleep 1; done
fi
shopt -s nullglob
end KILL "$folder"/*/*.pid
rm -rf "$folder"
