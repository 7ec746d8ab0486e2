#!/bin/sh
# A small simulation, from graph to digest. The same on every cluster.
set -eu
export HOME=/tmp
lawine() { command lawine --cluster "$LAWINE_CLUSTER" --quiet "$@"; }
expected=00e47f63d39bb07173ec074d2c94dc2a
graph=helm-test-$$-$(date +%s)
trap 'lawine graph delete "$graph" >/dev/null' EXIT
lawine cluster status
lawine graph create "$graph" --preset hyves --members 20000 --graph-seed 7
lawine simulate "$graph" --audience 50 --forward 0.05 --run-seed 3
found=$(lawine simulate "$graph" --audience 50 --forward 0.05 --run-seed 3 -o json | sed -n 's/^  "digest": "\([0-9a-f]*\)".*/\1/p')
if [ "$found" != "$expected" ]; then
  echo "expected digest $expected, found '$found'" >&2
  exit 1
fi
echo "digest $found, as expected"
