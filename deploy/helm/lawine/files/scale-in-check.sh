#!/bin/sh
# scale-in-check.sh STATEFULSET COUNT: fails with a sentence when a worker beyond the first COUNT holds shards.
set -eu
export HOME=/tmp
statefulset=$1 count=$2
lawine --cluster "$LAWINE_CLUSTER" --quiet cluster status -o json >/tmp/status.json || {
  echo "workers.count: the cluster must be asked before workers go, and it does not answer: make it answer, then upgrade" >&2
  exit 1
}
# A worker's address begins with its pod's name, which ends in its number.
awk -v prefix="$statefulset-" -v count="$count" '
  /"address":/ { split($0, part, "\""); address = part[4] }
  /"shards":/ {
    shards = $2 + 0
    if (shards == 0) next
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
  END { exit refused }' /tmp/status.json >&2
