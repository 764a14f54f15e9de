# What the scripts beside this one share. It is sourced, and starts nothing.
servers=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# Downloads, kept between runs and shared by all clones.
cache=${CARILLON_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/carillon}
# Where servers that are started by hand keep their data; the tests name a folder of their own.
runs=${TMPDIR:-/tmp}/carillon-servers

die() {
  echo "$*" >&2
  exit 1
}

# fetch_into FOLDER COMMAND...   COMMAND fills the folder that it gets as its last argument.
# FOLDER appears whole or not at all, so its being there is the proof that it is complete.
fetch_into() {
  local target=$1
  shift
  [ ! -d "$target" ] || return 0
  mkdir -p "$cache"
  find "$cache" -maxdepth 1 -name '*.part.*' -mmin +60 -exec rm -rf {} + # left by fetches that were killed
  part=$(mktemp -d "$target.part.XXXXXX")
  trap 'rm -rf "$part"' EXIT
  "$@" "$part"
  # rename(2) refuses a folder that holds files: of two fetches at once the slower one changes nothing
  node -e 'fs.renameSync(...process.argv.slice(1))' "$part" "$target" 2>/dev/null || [ -d "$target" ]
}

alive() { # alive PID; a zombie, which only waits for its parent to look, is not
  local state
  kill -0 "$1" 2>/dev/null || return 1
  state=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null || ps -o state= -p "$1" 2>/dev/null)
  [[ $state != Z* ]]
}

command_of() { # command_of PID   its command line; empty when it is gone
  if [ -e "/proc/$1/cmdline" ]; then tr '\0' ' ' <"/proc/$1/cmdline"; else ps -ww -o args= -p "$1"; fi 2>/dev/null || true
}

# ours PIDFILE   true while the process runs that was started from the file's folder (its command line names it):
# a number that the system has meanwhile given to another program is not ours to end.
ours() {
  local pid
  pid=$(cat "$1" 2>/dev/null) || return 1
  [[ $(command_of "$pid") == *"$(dirname "$1")"* ]]
}

signal_ours() { # signal_ours SIGNAL PIDFILE; one that is gone is none to signal
  ! ours "$2" || kill -"$1" "$(cat "$2")" 2>/dev/null || true
}

# launch NAME FOLDER COMMAND...   in a process group of its own, so that Ctrl-C in a terminal does not reach it.
launch() {
  local name=$1 folder=$2
  shift 2
  ! ours "$folder/$name.pid" || die "$name runs already from $folder"
  : >"$folder/$name.log"
  (
    set -m
    nohup "$@" >"$folder/$name.log" 2>&1 </dev/null &
    echo $! >"$folder/$name.pid"
  )
}

# await NAME FOLDER SECONDS CHECK...   until CHECK succeeds; shows the log when the server dies or is late.
await() {
  local name=$1 folder=$2 end=$((SECONDS + $3))
  shift 3
  until "$@"; do
    # not "ours": just after launch the process may still carry this shell's command line
    if ! alive "$(cat "$folder/$name.pid")" || [ $SECONDS -ge $end ]; then
      tail -n 20 "$folder/$name.log" >&2
      die "$name did not start; its log is $folder/$name.log"
    fi
    sleep 0.05
  done
}

# end SIGNAL PIDFILE...   signals all first, then waits: a quorum without its majority could not stop cleanly one by one.
end() {
  local signal=$1 file
  shift
  for file; do signal_ours "$signal" "$file"; done
  for file; do
    for _ in $(seq 200); do
      ours "$file" || break
      sleep 0.05
    done
    signal_ours KILL "$file"
    rm -f "$file"
  done
}

# certificates FOLDER   an authority of this run's own (ca.pem, which clients trust; ca.key), and what a server on
# loopback shows: server.crt, server.key, and both in server.pem.
certificates() {
  local key=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes)
  printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' >"$1/server.ext"
  {
    openssl req -x509 "${key[@]}" -days 2 -subj '/CN=Carillon test CA' -keyout "$1/ca.key" -out "$1/ca.pem"
    openssl req "${key[@]}" -subj /CN=localhost -keyout "$1/server.key" -out "$1/server.csr"
    openssl x509 -req -in "$1/server.csr" -CA "$1/ca.pem" -CAkey "$1/ca.key" -CAcreateserial -days 2 \
      -extfile "$1/server.ext" -out "$1/server.crt"
  } >"$1/certificates.log" 2>&1 || die "openssl made no certificates; see $1/certificates.log"
  cat "$1/server.key" "$1/server.crt" >"$1/server.pem"
}
