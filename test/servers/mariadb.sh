#!/usr/bin/env bash
# MariaDB as the system's package manager installs it: no service; as root it runs as the user "mysql".
#   mariadb.sh ready            says what there is, or fails and says how to get it; downloads nothing
#   mariadb.sh start            1 to 3 s; on its data when MY_RUN has some
#   mariadb.sh stop             cleanly
#   mariadb.sh kill             SIGKILL
#   mariadb.sh pause | resume   SIGSTOP | SIGCONT: connections stay open, nothing answers
#   mariadb.sh remove           SIGKILL, and removes MY_RUN
#   mariadb.sh status
# Environment:
#   MY_PORT=33306     listens there
#   MY_RUN=folder     data, log, pid, certificates; give the same one to every other command
#   MY_PASSWORD       of the user "carillon", who may do everything; "secret" by default
#   MY_TLS=1          also TLS; CA in MY_RUN/ca.pem
#   MY_CONFIG         more options of mariadbd, one a line, e.g. '--max-connections=10'
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

port=${MY_PORT:-33306}
run=${MY_RUN:-$runs/mariadb-$port}
tls=${MY_TLS:-0}
password=${MY_PASSWORD:-secret}
pid=$run/mariadb.pid
as=()
if [ "$(id -u)" = 0 ]; then as=(setpriv --reuid=mysql --regid=mysql --clear-groups --); fi

ready() {
  command -v mariadbd >/dev/null && command -v mariadb-install-db >/dev/null && command -v mariadb >/dev/null ||
    die 'MariaDB is not installed: apt-get install --no-install-recommends mariadb-server (its own service need not run)'
  echo "MariaDB $(mariadbd --no-defaults --version | sed 's/.*Ver \([0-9.]*\).*/\1/') ($(command -v mariadbd))"
}

mine() { [ ${#as[@]} = 0 ] || chown mysql:mysql "$@"; }

prepare() {
  mkdir -p "$run"
  mine "$run"
  # the tests' folder is its owner's alone, which "mysql" is not
  [ ${#as[@]} = 0 ] || chmod a+x "$(dirname "$run")"
  if [ "$tls" = 1 ] && [ ! -e "$run/server.crt" ]; then
    certificates "$run"
    mine "$run"/server.*
  fi
  [ -d "$run/data/mysql" ] || "${as[@]}" mariadb-install-db --no-defaults --datadir="$run/data" --skip-test-db \
    --auth-root-authentication-method=normal --skip-name-resolve --innodb-log-file-size=8M \
    --innodb-flush-log-at-trx-commit=2 >"$run.install.log" 2>&1 || die "no data folder: $(tail -n 5 "$run.install.log")"
  rm -f "$run.install.log"
  # one statement a line: the server splits the file so
  cat >"$run/init.sql" <<S
CREATE USER IF NOT EXISTS 'carillon'@'%' IDENTIFIED BY '$(escaped "$password")';
GRANT ALL ON *.* TO 'carillon'@'%' WITH GRANT OPTION;
S
}

escaped() { sed "s/[\\\\']/\\\\&/g" <<<"$1"; }

options() {
  printf '%s\n' --no-defaults "--datadir=$run/data" "--port=$port" --bind-address=127.0.0.1 "--socket=$run/s" \
    "--pid-file=$run/own" "--init-file=$run/init.sql" --skip-name-resolve --skip-log-bin --performance-schema=OFF \
    --innodb-buffer-pool-size=64M --innodb-log-file-size=8M --innodb-flush-log-at-trx-commit=2
  [ "$tls" = 0 ] || printf '%s\n' "--ssl-cert=$run/server.crt" "--ssl-key=$run/server.key"
  printf '%s\n' "${MY_CONFIG:-}" | sed '/^$/d'
}

# A real login: "mariadb-admin ping" is content with a refusal.
up() {
  MYSQL_PWD=$password mariadb --no-defaults --protocol=tcp -h127.0.0.1 -P"$port" -ucarillon -e 'select 1' >/dev/null 2>&1
}

start() {
  ready >/dev/null
  ! ours "$pid" || die "MariaDB runs already from $run"
  prepare
  local all
  mapfile -t all < <(options)
  launch mariadb "$run" "${as[@]}" mariadbd "${all[@]}"
  await mariadb "$run" "${MY_START_TIMEOUT:-60}" up
}

signal() { # signal SIGNAL
  ours "$pid" || die "MariaDB does not run from $run"
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
  *)
    sed -n '2,17s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
