#!/bin/sh
# scale-in-check.sh STATEFULSET COUNT RUNNING: fails with a sentence when a worker beyond the first COUNT holds shards, or may:
# one that is not there is not listed by a coordinator that was started meanwhile, but its shards are missing.
# RUNNING is a file with the number of workers before. If COUNT is no less, nobody is meant to go: then shards that are
# missing and a cluster that does not answer are no reason to refuse, since going back may be what mends them.
set -eu
export HOME=/tmp
statefulset=$1 count=$2 running=$3
fewer=yes
if [ -s "$running" ] && [ "$count" -ge "$(cat "$running")" ]; then fewer=; fi

ask() {
  timeout 30 lawine --cluster "$LAWINE_CLUSTER" --quiet "$@" -o json && return
  if [ -z "$fewer" ]; then
    echo "the cluster does not answer; $count workers are no fewer than before" >&2
    exit 0
  fi
  echo "workers.count: the cluster must be asked before workers go, and it does not answer: make it answer, then repeat" >&2
  exit 1
}
# Graphs between the others: a worker that comes or goes meanwhile is seen by one of them.
ask cluster status >/tmp/before.json
ask graph list >/tmp/graphs.json
ask cluster status >/tmp/after.json

refused=0
# Of workers that are gone their entries say nothing: what they held was restored elsewhere, or is missing.
# A worker's address begins with its pod's name, which ends in its number.
awk -v prefix="$statefulset-" -v count="$count" '
  /^ *"address":/ { split($0, part, "\""); address = part[4] }
  /^ *"alive":/ { alive = /true/ }
  /^ *"shards":/ {
    shards = $2 + 0
    if (!alive || shards == 0 || address in seen) next
    seen[address] = 1
    if (index(address, prefix) != 1) {
      printf "workers.count: a worker at %s holds %d shards, and is none of %s*: move them first (lawine cluster rebalance apply --drain %s --wait)\n", address, shards, prefix, address
      refused = 1
      next
    }
    number = substr(address, length(prefix) + 1) + 0
    if (number >= count) {
      printf "workers.count: %d would remove %s%d, which holds %d shards: move them first (lawine cluster rebalance apply --drain %s%d --wait)\n", count, prefix, number, shards, prefix, number
      refused = 1
    }
  }
  END { exit refused }' /tmp/before.json /tmp/after.json >&2 || refused=1
if [ -n "$fewer" ]; then
  awk '
    /^ *"name":/ { split($0, part, "\""); graph = part[4] }
    /^ *"missing_shards": \[$/ { missing = 1; shards = ""; next }
    missing && /\]/ {
      printf "workers.count: graph %s misses shards%s, which a worker that is not there may hold: bring it back, or restore or delete the graph (deploy/README.md, When a volume is lost)\n", graph, shards
      missing = 0
      refused = 1
    }
    missing { shards = shards " " $1 }
    END { exit refused }' /tmp/graphs.json >&2 || refused=1
fi
exit "$refused"
