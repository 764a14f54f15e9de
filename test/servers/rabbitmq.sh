#!/usr/bin/env bash
# RabbitMQ as the system's package manager installs it: no service, no epmd, no root.
#   rabbitmq.sh ready            says what there is, or fails and says how to get it; downloads nothing
#   rabbitmq.sh start            3 to 4 s; finds the data that an earlier one with the same RMQ_RUN left
#   rabbitmq.sh stop             cleanly; keeps the data
#   rabbitmq.sh kill             SIGKILL; keeps the data
#   rabbitmq.sh pause | resume   SIGSTOP | SIGCONT: connections stay open, nothing answers
#   rabbitmq.sh remove           SIGKILL, and removes RMQ_RUN
#   rabbitmq.sh status
#   rabbitmq.sh ctl ARGS...      rabbitmqctl, e.g. list_queues
# Environment:
#   RMQ_PORT=35672          AMQP listens there; the three ports after it are for TLS, ctl and the management plugin
#   RMQ_RUN=folder          data, log, pid, certificates; give the same one to every other command
#   RMQ_TLS=1               also TLS on RMQ_PORT + 1; CA in RMQ_RUN/ca.pem
#   RMQ_USER=guest  RMQ_PASSWORD=guest    taken when the data is new
#   RMQ_PLUGINS             e.g. 'rabbitmq_management rabbitmq_shovel'; none is the fastest start
#   RMQ_CONFIG              more lines of rabbitmq.conf, e.g. 'heartbeat = 5'
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

port=${RMQ_PORT:-35672}
run=${RMQ_RUN:-$runs/rabbitmq-$port}
tls=${RMQ_TLS:-0}
plugins=${RMQ_PLUGINS:-}
log=$run/rabbitmq.log
pid=$run/rabbitmq.pid

# The folder of sbin and plugins. What lies in Debian's PATH is a wrapper that changes user and environment.
installed() {
  local home
  for home in /usr/lib/rabbitmq/lib/rabbitmq_server-* /usr/lib/rabbitmq /opt/rabbitmq /opt/homebrew/opt/rabbitmq /usr/local/opt/rabbitmq; do
    if [ -e "$home/sbin/rabbitmq-env" ] && [ -d "$home/plugins" ]; then
      echo "$home"
      return 0
    fi
  done
  return 1
}

ready() {
  local home broker
  home=$(installed) && command -v erl >/dev/null ||
    die 'RabbitMQ is not installed: apt-get install --no-install-recommends rabbitmq-server (its own service need not run)'
  broker=$(cd "$home/plugins" && echo rabbit-[0-9]*)
  broker=${broker#rabbit-}
  echo "RabbitMQ ${broker%.ez} ($home)"
}

# A copy of the start scripts beside links to the plugins that the broker is made of. Erlang looks for each module in
# every folder that it is given: without the optional plugins it starts in 3.3 s instead of 5.5 s.
lay_out() {
  local home plugin
  home=$(installed)
  rm -rf "$run/home"
  mkdir -p "$run/home/plugins"
  cp -R "$home/sbin" "$home/escript" "$run/home/"
  for plugin in "$home"/plugins/*; do
    case ${plugin##*/}+$plugins in
      rabbitmq_prelaunch-*) ;;
      rabbitmq_*+) continue ;;
    esac
    ln -s "$plugin" "$run/home/plugins/"
  done
}

configuration() {
  cat <<C
listeners.tcp.default = 127.0.0.1:$port
default_user = ${RMQ_USER:-guest}
default_pass = ${RMQ_PASSWORD:-guest}
log.console.level = info
vm_memory_high_watermark.absolute = 512MB
disk_free_limit.absolute = 50MB
C
  if [ "$tls" = 1 ]; then
    cat <<C
listeners.ssl.default = 127.0.0.1:$((port + 1))
ssl_options.cacertfile = $run/ca.pem
ssl_options.certfile = $run/server.crt
ssl_options.keyfile = $run/server.key
C
  fi
  if [[ " $plugins " == *' rabbitmq_management '* ]]; then
    printf 'management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = %s\n' $((port + 3))
  fi
  printf '%s\n' "${RMQ_CONFIG:-}"
}

# Nothing of the system's own RabbitMQ, nor of the caller's settings for one, may reach this one.
# ERL_FLAGS also reach the small Erlang programs that RabbitMQ's scripts run, which would else leave an epmd behind.
environment() {
  local name
  for name in "${!RABBITMQ_@}" "${!ERL_@}"; do unset "$name"; done
  export HOME=$run RABBITMQ_NODENAME=rabbit@localhost RABBITMQ_CONF_ENV_FILE=/dev/null \
    RABBITMQ_CONFIG_FILE=$run/rabbitmq RABBITMQ_ENABLED_PLUGINS_FILE=$run/enabled_plugins \
    RABBITMQ_MNESIA_BASE=$run/data RABBITMQ_LOG_BASE=$run/log RABBITMQ_LOGS=- \
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='+S 1:1' \
    ERL_FLAGS="-start_epmd false -erl_epmd_port $((port + 2))"
}

up() { grep -qa 'Server startup complete' "$log"; }

start() {
  ready >/dev/null
  [[ $run != *[[:space:]]* ]] || die "RabbitMQ's own scripts take no folder with a space in its name: $run"
  mkdir -p "$run/log"
  if [ "$tls" = 1 ] && [ ! -e "$run/server.crt" ]; then certificates "$run"; fi
  ! ours "$pid" || die "RabbitMQ runs already from $run"
  lay_out
  configuration >"$run/rabbitmq.conf"
  echo "[${plugins// /,}]." >"$run/enabled_plugins"
  environment
  # "detached" makes the script become the broker, instead of waiting for it: so the pid is the broker's
  detached=1 launch rabbitmq "$run" "$run/home/sbin/rabbitmq-server" -sname "$RABBITMQ_NODENAME" \
    -kernel inet_dist_use_interface '{127,0,0,1}' \
    -kernel inet_dist_listen_min $((port + 2)) -kernel inet_dist_listen_max $((port + 2))
  await rabbitmq "$run" "${RMQ_START_TIMEOUT:-60}" up
}

ctl() {
  ours "$pid" || die "RabbitMQ does not run from $run"
  environment
  ERL_FLAGS="$ERL_FLAGS -dist_listen false" exec "$run/home/sbin/rabbitmqctl" "$@"
}

# RabbitMQ has a quorum queue's name on disk only 0.5 s after it was declared. Killed before that, it loses the queue
# with its confirmed messages, and lets whoever asks for the queue hang. No test here is about that.
save_names() { (ctl -q -t 3 eval '[dets:sync(Table) || Table <- dets:all()].' >/dev/null 2>&1) || true; }

signal() { # signal SIGNAL
  ours "$pid" || die "RabbitMQ does not run from $run"
  kill -"$1" "$(cat "$pid")"
}

case ${1:-} in
  ready) ready ;;
  start) start ;;
  stop) end TERM "$pid" ;;
  kill)
    save_names
    end KILL "$pid"
    ;;
  pause) signal STOP ;;
  resume) signal CONT ;;
  remove)
    end KILL "$pid"
    rm -rf "$run"
    ;;
  status) if ours "$pid"; then echo up; else echo down; fi ;;
  ctl) shift && ctl "$@" ;;
  *)
    sed -n '2,17s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
