#!/usr/bin/env bash
# The real Asynq library, in a small Go program that does what it is told: see test/asynq-go/main.go.
#   asynq-go.sh ready      says what there is, or fails and says how to get it
#   asynq-go.sh fetch      builds it into the cache, once for each state of its sources (needs Go 1.24 or newer)
#   asynq-go.sh run URL    becomes the program, with the Redis at URL
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

sources=$(cd "$servers/../asynq-go" && pwd)
version=$(sed -n 's/^require.*asynq v//p' "$sources/go.mod")
digest=$(cat "$sources"/go.* "$sources"/*.go | node -e '
  const bytes = fs.readFileSync(0);
  console.log(crypto.createHash("sha256").update(bytes).digest("hex").slice(0, 12))')
home=$cache/asynq-go-$version-$digest

ready() {
  [ -x "$home/asynq-go" ] ||
    die "Asynq $version is not in the cache: bash test/servers/asynq-go.sh fetch (needs Go 1.24)"
  echo "Asynq $version ($home)"
}

build() { # build FOLDER
  (cd "$sources" && CGO_ENABLED=0 go build -mod=readonly -trimpath -buildvcs=false -o "$1/asynq-go" .)
}

case ${1:-} in
  ready) ready ;;
  fetch) fetch_into "$home" build ;;
  run)
    ready >/dev/null
    exec "$home/asynq-go" "${2:?URL of a Redis}"
    ;;
  *)
    sed -n '2,5s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
