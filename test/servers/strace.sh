#!/usr/bin/env bash
# strace, which shows the order of a process's system calls. It comes from the system's packages.
#   strace.sh ready    says what there is, or fails and says how to get it
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

ready() {
  command -v strace >/dev/null || die 'strace is not installed: apt-get install strace'
  strace -f -o /dev/null true || die 'strace may not trace processes here (ptrace)'
  strace --version | sed -n '1s/ -- version / /p'
}

case ${1:-} in
  ready) ready ;;
  *)
    sed -n '2,3s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
