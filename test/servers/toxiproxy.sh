#!/usr/bin/env bash
# toxiproxy, a TCP proxy that breaks connections when told to over HTTP.
#   toxiproxy.sh ready    says what there is, or fails and says how to get it
#   toxiproxy.sh fetch    builds it into the cache, once (needs Go 1.23 or newer)
#   toxiproxy.sh start | stop
# Environment: TOXIPROXY_PORT=38474 (its HTTP API), TOXIPROXY_RUN=folder (log, pid; give the same one to stop)
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

version=2.12.0
home=$cache/toxiproxy-$version
port=${TOXIPROXY_PORT:-38474}
run=${TOXIPROXY_RUN:-$runs/toxiproxy-$port}

program() {
  if [ -d "$home" ]; then echo "$home/server"; else command -v toxiproxy-server; fi
}

ready() {
  program >/dev/null || die 'toxiproxy is not in the cache: bash test/servers/toxiproxy.sh fetch (needs Go 1.23)'
  echo "toxiproxy ($(program))"
}

build() { # build FOLDER
  GOBIN=$1 go install "github.com/Shopify/toxiproxy/v2/cmd/server@v$version"
}

listening() { (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }

start() {
  ready >/dev/null
  mkdir -p "$run"
  echo '[]' >"$run/proxies.json" # empty, but it puts the folder's name on the command line: see ours in lib.sh
  launch toxiproxy "$run" "$(program)" -host 127.0.0.1 -port "$port" -config "$run/proxies.json"
  await toxiproxy "$run" 10 listening
}

stop() {
  end KILL "$run/toxiproxy.pid"
  rm -rf "$run"
}

case ${1:-} in
  ready) ready ;;
  fetch) fetch_into "$home" build ;;
  start) start ;;
  stop) stop ;;
  *)
    sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
