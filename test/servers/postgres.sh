#!/usr/bin/env bash
# PostgreSQL as the system's package manager installs it: no service; as root it runs as the user "postgres".
#   postgres.sh ready            says what there is, or fails and says how to get it; downloads nothing
#   postgres.sh start            1 to 2 s; on its data when PG_RUN has some
#   postgres.sh stop             cleanly
#   postgres.sh kill             SIGKILL
#   postgres.sh pause | resume   SIGSTOP | SIGCONT, with all its processes: connections stay open, nothing answers
#   postgres.sh remove           SIGKILL, and removes PG_RUN
#   postgres.sh status
# Environment:
#   PG_PORT=35432     listens there
#   PG_RUN=folder     data, log, pid, certificates; give the same one to every other command
#   PG_PASSWORD       of the user "carillon", who may do everything; "secret" by default
#   PG_TLS=1          also TLS; CA in PG_RUN/ca.pem. PG_TLS=only: nothing else
#   PG_CONFIG         more settings, one a line, e.g. 'max_connections=10'
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

port=${PG_PORT:-35432}
run=${PG_RUN:-$runs/postgres-$port}
tls=${PG_TLS:-0}
pid=$run/postgres.pid
as=()
if [ "$(id -u)" = 0 ]; then as=(setpriv --reuid=postgres --regid=postgres --clear-groups -- env HOME=/tmp); fi

# Debian keeps the server's programs out of the PATH.
programs() {
  local found
  found=$(ls -d /usr/lib/postgresql/*/bin /usr/local/opt/postgresql*/bin /opt/homebrew/opt/postgresql*/bin 2>/dev/null | sort -V | tail -1) || true
  if [ -n "$found" ] && [ -x "$found/initdb" ]; then echo "$found"; else dirname "$(command -v initdb)"; fi
}

ready() {
  local bin
  bin=$(programs 2>/dev/null) && [ -x "$bin/postgres" ] ||
    die 'PostgreSQL is not installed: apt-get install --no-install-recommends postgresql (its own service need not run)'
  echo "PostgreSQL $("$bin/postgres" --version | sed 's/.*) \([0-9.]*\).*/\1/') ($bin)"
}

mine() { [ ${#as[@]} = 0 ] || chown postgres:postgres "$@"; }

prepare() {
  mkdir -p "$run"
  mine "$run"
  # the tests' folder is its owner's alone, which "postgres" is not
  [ ${#as[@]} = 0 ] || chmod a+x "$(dirname "$run")"
  chmod 700 "$run"
  if [ "$tls" != 0 ] && [ ! -e "$run/server.crt" ]; then
    certificates "$run"
    chmod 600 "$run/server.key"
    mine "$run"/server.*
  fi
  if [ ! -e "$run/data/PG_VERSION" ]; then
    printf '%s\n' "${PG_PASSWORD:-secret}" >"$run/password"
    mine "$run/password"
    (cd "$run" && "${as[@]}" "$(programs)/initdb" -D "$run/data" -U carillon --auth-local=trust \
      --auth-host=scram-sha-256 --pwfile="$run/password" --no-sync -E UTF8 --locale=C.UTF-8) >"$run/initdb.log" 2>&1 ||
      die "initdb failed: $(tail -n 5 "$run/initdb.log")"
    [ "$tls" != only ] || printf 'local all all trust\nhostssl all all all scram-sha-256\n' >"$run/data/pg_hba.conf"
  fi
}

settings() {
  printf '%s\n' listen_addresses=127.0.0.1 "port=$port" "unix_socket_directories=$run" fsync=off \
    full_page_writes=off shared_buffers=64MB max_connections=200 jit=off
  [ "$tls" = 0 ] || printf '%s\n' ssl=on "ssl_cert_file=$run/server.crt" "ssl_key_file=$run/server.key"
  printf '%s\n' "${PG_CONFIG:-}" | sed '/^$/d'
}

up() { "$(programs)/pg_isready" -q -h 127.0.0.1 -p "$port"; }

start() {
  ready >/dev/null
  ! ours "$pid" || die "PostgreSQL runs already from $run"
  prepare
  local options=() line
  while read -r line; do options+=(-c "$line"); done < <(settings)
  # of one that was killed, and may be a zombie that nobody has looked after
  rm -f "$run/data/postmaster.pid" "$run/.s.PGSQL.$port" "$run/.s.PGSQL.$port.lock"
  (cd "$run" && launch postgres "$run" "${as[@]}" "$(programs)/postgres" -D "$run/data" "${options[@]}")
  await postgres "$run" "${PG_START_TIMEOUT:-30}" up
}

# Processes of a server that was killed end by themselves; until then none can start on the same data.
killed() {
  local child children
  children=$(family)
  end KILL "$pid"
  for child in $children; do
    for _ in $(seq 200); do
      alive "$child" || break
      sleep 0.05
    done
  done
}

# The server's processes but the first one.
family() { ! ours "$pid" || pgrep -P "$(cat "$pid")" || true; }

signal() { # signal SIGNAL; to all of them
  ours "$pid" || die "PostgreSQL does not run from $run"
  # shellcheck disable=SC2046
  kill -"$1" "$(cat "$pid")" $(family)
}

case ${1:-} in
  ready) ready ;;
  start) start ;;
  stop) end INT "$pid" ;; # PostgreSQL's fast stop: TERM would wait for all clients to leave
  kill) killed ;;
  pause) signal STOP ;;
  resume) signal CONT ;;
  remove)
    killed
    rm -rf "$run"
    ;;
  status) if ours "$pid"; then echo up; else echo down; fi ;;
  *)
    sed -n '2,17s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
