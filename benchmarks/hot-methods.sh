#!/usr/bin/env bash
# Writes src/MicroView.Cli/hot-methods.txt, the order in which NativeAOT lays out what the agents run once a second. A wake-up after a second finds nothing in the
# core's caches and pays for each page of code that it touches; side by side, methods that run together share pages.
#   benchmarks/hot-methods.sh [SECONDS]        default: 60. Needs Debian's linux-perf, and artifacts/aot of ./test.sh
set -euo pipefail
root=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
seconds=${1:-60} program=$root/artifacts/aot/microview list=$root/src/MicroView.Cli/hot-methods.txt
command -v perf >/dev/null || { echo "perf is not installed (Debian: linux-perf)"; exit 77; }
[[ -x $program && -e $program.dbg ]] || { echo "no $program with its .dbg: ./test.sh endtoend publishes it"; exit 77; }
folder=$(mktemp -d) pids=()
cleanup() { ((${#pids[@]})) && kill "${pids[@]}" 2>/dev/null; wait 2>/dev/null; rm -rf "$folder"; }
trap cleanup EXIT
begin() { local name=$1; shift; "$program" "$@" >"$folder/$name.log" 2>&1 & pids+=($!); }

begin host host --socket "$folder/pods.sock" --port 0 --rdma-queues 0
sleep 2
begin generate generate --pods 100 --num-metrics 32 --rate 1 --update-metrics --socket "$folder/pods.sock"
sleep 3
begin nic nic --socket "$folder/pods.sock" --scrape-interval 1 --tick 1 --prometheus-port 0
begin up up --plain --scrape-interval 1 --port 0 --prometheus-port 0 --jaeger-port off --socket "$folder/up.sock"
echo "learning, 75 s; then profiling, $seconds s"
sleep 75
perf record -q -e cpu-clock -F 20000 -g -o "$folder/perf.data" -p "$(IFS=,; echo "${pids[*]}")" sleep "$seconds" 2>/dev/null

# Thread by thread, the most frequent first; a method stands where it was first named.
perf script -i "$folder/perf.data" -F comm,ip,sym,dso 2>/dev/null | awk '
  /^[^ \t]/ { sub(/[ \t]+$/, ""); thread = $0; next }
  /\/microview\)$/ { sub(/\+0x[0-9a-f]+$/, "", $2); if ($2 ~ /__/ && $2 !~ /::/) count[thread "\t" $2]++ }
  END { for (key in count) if (count[key] > 2) print count[key] "\t" key }' |
  awk -F'\t' '{ order = $2 ~ /heart/ ? 1 : $2 ~ /LMAP/ ? 2 : $2 ~ /microview-/ ? 3 : $2 ~ /Long Running/ ? 4 : 5; print order "\t" $2 "\t" $1 "\t" $3 }' |
  LC_ALL=C sort -t$'\t' -k1,1n -k2,2 -k3,3nr -k4,4 | cut -f4 | awk '!seen[$0]++' >"$folder/list"
(($(wc -l <"$folder/list") > 100)) || { echo "too few methods were seen: is cpu-clock counted here?"; exit 1; }
{ echo "# Written by benchmarks/hot-methods.sh. A name that there is no method of is passed over."; cat "$folder/list"; } >"$list"
echo "$list: $(wc -l <"$list") lines"
