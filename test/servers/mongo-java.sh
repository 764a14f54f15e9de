#!/usr/bin/env bash
# mongo-java-server: MongoDB's wire protocol, in memory. Java 17 or newer, no Docker, no root.
# It has no users, no transactions, no change streams, and ignores partialFilterExpression; single documents change
# atomically. npm's "mongodb" 6.x talks to it, 7.x does not.
#   mongo-java.sh ready            says what there is, or fails and says how to get it
#   mongo-java.sh fetch            downloads the jars into the cache, once (3 MB; needs Maven and javac)
#   mongo-java.sh start            0.5 s; empty
#   mongo-java.sh stop | kill      SIGTERM | SIGKILL
#   mongo-java.sh pause | resume   SIGSTOP | SIGCONT: connections stay open, nothing answers
#   mongo-java.sh remove           SIGKILL, and removes MONGO_RUN
# Environment: MONGO_PORT=37017, MONGO_RUN=folder (log, pid; give the same one to every other command)
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

version=1.47.0
home=$cache/mongo-java-server-$version
port=${MONGO_PORT:-37017}
run=${MONGO_RUN:-$runs/mongo-$port}
pid=$run/mongo.pid

ready() {
  command -v java >/dev/null || die 'mongo-java-server needs Java 17 or newer, then: bash test/servers/mongo-java.sh fetch'
  [ -d "$home" ] ||
    die 'mongo-java-server is not in the cache: bash test/servers/mongo-java.sh fetch (3 MB, needs Maven and javac)'
  echo "mongo-java-server $version ($home)"
}

# A local repository of its own: Maven's shared one is not made for two downloads at once.
download() { # download FOLDER
  mvn -B -ntp -q -f "$servers/mongo-java/pom.xml" -Dmongo.version="$version" -Dmaven.repo.local="$1/m2" \
    org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$1/libs"
  javac -cp "$1/libs/*" -d "$1" "$servers/mongo-java/Main.java"
  rm -rf "$1/m2"
}

start() {
  ready >/dev/null
  mkdir -p "$run"
  launch mongo "$run" java -Xmx192m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData \
    -cp "$home/libs/*:$home" Main "$port" "$run"
  await mongo "$run" "${MONGO_START_TIMEOUT:-30}" grep -q '^listening' "$run/mongo.log"
}

signal() { # signal SIGNAL
  ours "$pid" || die "mongo-java-server does not run from $run"
  kill -"$1" "$(cat "$pid")"
}

case ${1:-} in
  ready) ready ;;
  fetch) fetch_into "$home" download ;;
  start) start ;;
  stop) end TERM "$pid" ;;
  kill) end KILL "$pid" ;;
  pause) signal STOP ;;
  resume) signal CONT ;;
  remove)
    end KILL "$pid"
    rm -rf "$run"
    ;;
  *)
    sed -n '2,12s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
