#!/bin/sh
# create-graphs.sh COUNT LIST: waits for as many workers as the file COUNT says, which may change meanwhile, then makes each
# graph of LIST that is not there. A line is NAME create|import ARGUMENT...
set -eu
export HOME=/tmp
count=$1 list=$2
lawine() { command lawine --cluster "$LAWINE_CLUSTER" --quiet "$@"; }

tries=0
until [ "$(lawine cluster status -o json 2>/tmp/why | grep -c '"alive": true')" -ge "$(cat "$count")" ]; do
  tries=$((tries + 1))
  if [ "$tries" -gt "${TRIES_MAX:-240}" ]; then
    echo "not all of $(cat "$count") workers came in time: $(cat /tmp/why)" >&2
    exit 1
  fi
  sleep 5
done

while read -r name action arguments; do
  [ -n "$name" ] || continue
  if lawine graph list -o json </dev/null | grep -qF "\"name\": \"$name\""; then
    echo "graph $name is there"
    continue
  fi
  echo "making graph $name: $action $arguments"
  # shellcheck disable=SC2086  # options and files, which the chart lets have no blanks
  case $action in
    create) lawine graph create "$name" $arguments </dev/null ;;
    import) lawine graph import "$name" $arguments </dev/null ;;
  esac
done <"$list"
