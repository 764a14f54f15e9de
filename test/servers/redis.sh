#!/usr/bin/env bash
# Redis as the system's package manager installs it: no service, no root.
#   redis.sh ready            says what there is, or fails and says how to get it; downloads nothing
#   redis.sh start            0.1 s; with an empty memory, unless RDS_CONFIG keeps it (appendonly yes)
#   redis.sh stop             cleanly
#   redis.sh kill             SIGKILL
#   redis.sh pause | resume   SIGSTOP | SIGCONT: connections stay open, nothing answers
#   redis.sh remove           SIGKILL, and removes RDS_RUN
#   redis.sh status
#   redis.sh cli ARGS...      redis-cli, e.g. config set maxmemory 1mb; fails when Redis answers an error
# Environment:
#   RDS_PORT=36379          listens there; the port after it is for TLS
#   RDS_RUN=folder          data, log, pid, certificates; give the same one to every other command
#   RDS_TLS=1               also TLS on RDS_PORT + 1; CA in RDS_RUN/ca.pem
#   RDS_PASSWORD            of the user "default"; none when empty
#   RDS_CONFIG              more lines of redis.conf, e.g. 'maxmemory 2mb'
#   RDS_REPLICA_OF=port     a replica of the primary there
#   RDS_SENTINEL_OF=port    a Sentinel that watches the primary there, under the name "carillon"; quorum 2
#   RDS_PRIMARY_PASSWORD    of the servers that Sentinels and replicas talk to
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

port=${RDS_PORT:-36379}
run=${RDS_RUN:-$runs/redis-$port}
tls=${RDS_TLS:-0}
password=${RDS_PASSWORD:-}
primary=${RDS_SENTINEL_OF:-}
pid=$run/redis.pid

ready() {
  local version
  command -v redis-server >/dev/null && command -v redis-cli >/dev/null ||
    die 'Redis is not installed: apt-get install --no-install-recommends redis-server (its own service need not run)'
  version=$(redis-server --version | sed 's/.* v=\([0-9.]*\) .*/\1/')
  [ "${version%%.*}" -ge 7 ] || die "Redis $version is installed; the tests need 7.0 or newer"
  echo "Redis $version ($(command -v redis-server))"
}

# "set-proc-title no" leaves the command line as it was: "ours" finds the folder in it.
configuration() {
  cat <<C
port $port
bind 127.0.0.1
dir $run
set-proc-title no
C
  [ -z "$password" ] || printf 'requirepass "%s"\n' "$(escaped "$password")"
  if [ "$tls" = 1 ]; then
    cat <<C
tls-port $((port + 1))
tls-ca-cert-file $run/ca.pem
tls-cert-file $run/server.crt
tls-key-file $run/server.key
tls-auth-clients optional
C
  fi
  if [ -n "$primary" ]; then watching; else keeping; fi
  printf '%s\n' "${RDS_CONFIG:-}"
}

keeping() {
  printf '%s\n' 'save ""' 'appendonly no' 'databases 64' 'repl-diskless-sync-delay 0'
  [ -z "${RDS_REPLICA_OF:-}" ] || printf 'replicaof 127.0.0.1 %s\n' "$RDS_REPLICA_OF"
  [ -z "${RDS_PRIMARY_PASSWORD:-}" ] || printf 'masterauth "%s"\n' "$(escaped "$RDS_PRIMARY_PASSWORD")"
}

watching() {
  cat <<C
sentinel monitor carillon 127.0.0.1 $primary 2
sentinel down-after-milliseconds carillon 1000
sentinel failover-timeout carillon 5000
C
  [ -z "${RDS_PRIMARY_PASSWORD:-}" ] || printf 'sentinel auth-pass carillon "%s"\n' "$(escaped "$RDS_PRIMARY_PASSWORD")"
}

escaped() { sed 's/[\\"]/\\&/g' <<<"$1"; }

# NOAUTH is an answer too: a test may have changed the password.
up() { [[ $(redis-cli -p "$port" ping 2>&1) =~ PONG|NOAUTH ]]; }

start() {
  ready >/dev/null
  mkdir -p "$run"
  ! ours "$pid" || die "Redis runs already from $run"
  if [ "$tls" = 1 ] && [ ! -e "$run/server.crt" ]; then certificates "$run"; fi
  # A Sentinel writes what it learned into its file, and goes on from there
  if [ -z "$primary" ] || [ ! -e "$run/redis.conf" ]; then configuration >"$run/redis.conf"; fi
  launch redis "$run" redis-server "$run/redis.conf" ${primary:+--sentinel}
  await redis "$run" "${RDS_START_TIMEOUT:-30}" up
}

cli() {
  ours "$pid" || die "Redis does not run from $run"
  [ -z "$password" ] || export REDISCLI_AUTH=$password # set to nothing it would be a login too
  exec redis-cli -p "$port" -e "$@"
}

signal() { # signal SIGNAL
  ours "$pid" || die "Redis does not run from $run"
  kill -"$1" "$(cat "$pid")"
}

case ${1:-} in
  ready) ready ;;
  start) start ;;
  stop) end TERM "$pid" ;;
  kill) end KILL "$pid" ;;
  pause) signal STOP ;;
  resume) signal CONT ;;
  remove)
    end KILL "$pid"
    rm -rf "$run"
    ;;
  status) if ours "$pid"; then echo up; else echo down; fi ;;
  cli) shift && cli "$@" ;;
  *)
    sed -n '2,20s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
