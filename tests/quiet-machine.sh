#!/usr/bin/env bash
# Watches idle services with `microview up` and prints the number of alarms: at most one in ten minutes is the promise.
#   tests/quiet-machine.sh [SECONDS [SERVICES [MICROVIEW]]]        default: 600 50 and the build of ./microview
# As root the services and `up` live in a PID namespace of their own, so that nothing else on the machine is watched (it still
# shares the cores). As another user everything visible is watched: run it on a quiet machine.
set -uo pipefail
seconds=${1:-600} services=${2:-50}
here=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
program=${3:-$here/../microview}
[[ -x $program ]] || { echo "no program $program: build with ./microview version"; exit 77; }
command -v python3 >/dev/null || { echo "python3 is not installed: it plays the services"; exit 77; }

if ((EUID == 0)) && [[ -z ${MICROVIEW_QUIET_INSIDE:-} ]] && unshare --pid --fork --mount-proc true 2>/dev/null; then
  MICROVIEW_QUIET_INSIDE=1 exec unshare --pid --fork --kill-child --mount-proc bash "${BASH_SOURCE[0]}" "$seconds" "$services" "$program"
fi

folder=$(mktemp -d)
pids=()
cleanup() { ((${#pids[@]})) && kill "${pids[@]}" 2>/dev/null; wait 2>/dev/null; rm -rf "$folder"; }
trap cleanup EXIT
cat >"$folder/service.py" <<'PY'
import random, time
random.seed()
kept = []
while True:
    time.sleep(random.uniform(0.05, 0.4))
    sum(range(random.randrange(1000)))
    kept = [bytes(1000) for _ in range(random.randrange(20))]
PY
python=$(test -x /usr/bin/python3 && echo /usr/bin/python3 || command -v python3)
for ((i = 0; i < services; i++)); do
  cp "$folder/service.py" "$folder/idle-$i.py"
  "$python" "$folder/idle-$i.py" &
  pids+=($!)
done
sleep 3
"$program" up --plain --scrape-interval 0.1 --port 0 --prometheus-port 0 --socket "$folder/agent.sock" --duration $((seconds + 35)) >"$folder/out" 2>"$folder/err" &
up=$!
wait "$up"
status=$?
grep -vE '^[0-9:.]+ (warn|info): ' "$folder/err" >&2
sed -n '1,4p' "$folder/out"
grep -E 'ALARM|alarm closed|pods: ' "$folder/out" | tail -n 40
echo "$(grep -oE 'all [0-9]+ pods are watched' "$folder/out" | head -n 1); $services idle services watched for $seconds s after learning 30 s"
echo "$(grep -c 'ALARM' "$folder/out") alarms in $seconds s"
exit "$status"
