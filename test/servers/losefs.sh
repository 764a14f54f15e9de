#!/usr/bin/env bash
# losefs, a file system that remembers what is durable, so that tests can cut its power: see test/losefs/main.go.
#   losefs.sh ready    mounts one for a moment, or fails and says what is missing (Linux, /dev/fuse, the right to mount)
#   losefs.sh fetch    builds it into the cache, once for each state of its sources (needs Go 1.24 or newer)
#   losefs.sh serve    becomes the program, which takes commands on standard input
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

sources=$(cd "$servers/../losefs" && pwd)
digest=$(cat "$sources"/go.* "$sources"/*.go | node -e '
  const bytes = fs.readFileSync(0);
  console.log(crypto.createHash("sha256").update(bytes).digest("hex").slice(0, 12))')
home=$cache/losefs-$digest

ready() {
  [ -x "$home/losefs" ] || die 'losefs is not in the cache: bash test/servers/losefs.sh fetch (Linux; needs Go 1.24)'
  "$home/losefs" check || die 'losefs cannot mount here: it needs /dev/fuse and the right to mount (root)'
  echo "losefs ($home)"
}

build() { # build FOLDER
  (cd "$sources" && CGO_ENABLED=0 GOOS=linux go build -mod=readonly -trimpath -buildvcs=false -o "$1/losefs" .)
}

case ${1:-} in
  ready) ready ;;
  fetch) fetch_into "$home" build ;;
  serve) exec "$home/losefs" serve ;;
  *)
    sed -n '2,5s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
