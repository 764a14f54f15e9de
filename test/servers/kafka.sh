#!/usr/bin/env bash
# Apache Kafka (KRaft) from its published jars: Java 17 or newer, no Docker, no root.
#   kafka.sh ready               says what there is, or fails and says how to get it
#   kafka.sh fetch               downloads the jars into the cache, once (55 MB; needs Maven)
#   kafka.sh start | stop | status
#   kafka.sh kill-broker N       SIGKILL            kafka.sh start-broker N   starts it again
#   kafka.sh pause-broker N      SIGSTOP            kafka.sh resume-broker N  SIGCONT
#   kafka.sh tool CLASS ARGS...  e.g. org.apache.kafka.tools.ProducerPerformance --topic ...
# Environment:
#   BROKERS=1|3             3: replication 3, min.insync.replicas 2
#   KAFKA_PORT=19092        broker N listens there + N - 1; a block of 15 ports is used (kafka-config.sh)
#   KAFKA_RUN=folder        data, logs, pids; give the same one to every other command. Gone after stop
#   KAFKA_KEEP=1            stop cleanly and keep the folder: the next start finds the data
#   KAFKA_ADVERTISED_PORT   the port told to clients instead of KAFKA_PORT: that of a proxy
#   KAFKA_AUTO_CREATE=true  whether topics are made at first use
#   KAFKA_SECURITY=1        also SASL_SSL (PLAIN, SCRAM-SHA-256/512) on KAFKA_PORT + 9 and SSL on + 12; CA in KAFKA_RUN/ca.pem
#   KAFKA_USER=carillon  KAFKA_PASSWORD=secret
#   KAFKA_EXTRA             more broker properties, one a line
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$servers/kafka-config.sh"

version=4.3.1
home=$cache/kafka-$version
brokers=${BROKERS:-1}
port=${KAFKA_PORT:-19092}
advertised=${KAFKA_ADVERTISED_PORT:-$port}
run=${KAFKA_RUN:-$runs/kafka-$port}
security=${KAFKA_SECURITY:-0}
user=${KAFKA_USER:-carillon}
password=${KAFKA_PASSWORD:-secret}
cluster_id=MkU3OEVBNTcwNTJENDM2Qg # any 16 bytes in base64
jvm=(-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData -Xss512k
  -Dlog4j2.configurationFile="$servers/kafka-log4j2.properties")

java_version() { java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p'; }

ready() {
  local java
  java=$(java_version) || true # none at all
  [ "${java:-0}" -ge 17 ] || die 'Kafka needs Java 17 or newer, then: bash test/servers/kafka.sh fetch'
  [ -d "$home" ] || die 'Kafka is not in the cache: bash test/servers/kafka.sh fetch (55 MB, needs Maven)'
  echo "Kafka $version on Java $java"
}

storage_format() { # storage_format LIBS PROPERTIES ARGS...
  java "${jvm[@]}" -cp "$1/*" kafka.tools.StorageTool format -t "$cluster_id" -c "$2" "${@:3}"
}

# A local repository of its own: Maven's shared one is not made for two downloads at once.
# The empty metadata that formatting a folder gives is kept too: it spares each start a Java run.
download() { # download FOLDER
  mvn -B -ntp -q -f "$servers/pom.xml" -Dkafka.version="$version" -Dmaven.repo.local="$1/m2" \
    org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$1/libs"
  (brokers=1 run=$1 security=0 && properties 1 >"$1/properties")
  storage_format "$1/libs" "$1/properties" >"$1/format.log" 2>&1 || die "$(cat "$1/format.log")"
  mv "$1/data-1/bootstrap.checkpoint" "$1/"
  rm -rf "$1/m2" "$1/data-1" "$1/properties" "$1/format.log"
}

format() { # format NODE, unless it has been
  local data=$run/data-$1
  [ ! -e "$data/meta.properties" ] || return 0
  if [ "$security" = 1 ]; then
    storage_format "$home/libs" "$run/broker-$1.properties" \
      --add-scram "SCRAM-SHA-256=[name=$user,password=$password]" \
      --add-scram "SCRAM-SHA-512=[name=$user,password=$password]" >"$run/format-$1.log" 2>&1 ||
      die "$(cat "$run/format-$1.log")"
    return 0
  fi
  mkdir -p "$data"
  cp "$home/bootstrap.checkpoint" "$data/"
  printf 'version=1\nnode.id=%s\ndirectory.id=%s\ncluster.id=%s\n' "$1" \
    "$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=')" "$cluster_id" >"$data/meta.properties"
}

launch_broker() { # launch_broker NODE
  launch "broker-$1" "$run" java ${KAFKA_HEAP:--Xms160m -Xmx320m} -XX:MaxDirectMemorySize=128m "${jvm[@]}" \
    -cp "$home/libs/*" kafka.Kafka "$run/broker-$1.properties"
}

await_broker() { await "broker-$1" "$run" "${KAFKA_START_TIMEOUT:-60}" grep -q 'Kafka Server started' "$run/broker-$1.log"; }

start() {
  local n
  ready >/dev/null
  mkdir -p "$run"
  if [ "$security" = 1 ] && [ ! -e "$run/server.pem" ]; then certificates "$run"; fi
  for ((n = 1; n <= brokers; n++)); do
    properties "$n" >"$run/broker-$n.properties"
    format "$n"
  done
  for ((n = 1; n <= brokers; n++)); do launch_broker "$n"; done
  for ((n = 1; n <= brokers; n++)); do await_broker "$n"; done
}

stop() {
  if [ "${KAFKA_KEEP:-0}" = 1 ]; then end TERM "$run"/broker-*.pid; else
    end KILL "$run"/broker-*.pid
    rm -rf "$run"
  fi
}

status() {
  local file
  for file in "$run"/broker-*.pid; do
    if ours "$file"; then echo "$(basename "$file" .pid) up"; fi
  done
}

signal_broker() { # signal_broker SIGNAL NODE
  local file=$run/broker-$2.pid
  ours "$file" || die "broker $2 does not run from $run"
  kill -"$1" "$(cat "$file")"
}

case ${1:-} in
  ready) ready ;;
  fetch) fetch_into "$home" download ;;
  start) start ;;
  stop) stop ;;
  status) status ;;
  start-broker)
    launch_broker "$2"
    await_broker "$2"
    ;;
  kill-broker) end KILL "$run/broker-$2.pid" ;;
  pause-broker) signal_broker STOP "$2" ;;
  resume-broker) signal_broker CONT "$2" ;;
  tool) shift && exec java ${KAFKA_HEAP:--Xmx256m} "${jvm[@]}" -cp "$home/libs/*" "$@" ;;
  *)
    sed -n '2,20s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
