#!/usr/bin/env bash
# Builds everything, runs every test, and ends in the line "N passed, N failed, N skipped".
set -uo pipefail
root=$(cd -P -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")" && pwd)
cd "$root" || exit 1

usage() {
  cat <<'END'
./test.sh [--fast] [--list] [GROUP…] [-- FILTER…]
./test.sh rdma [--dev DEVICE --peer ADDRESS [--peer-dev DEVICE] [--shell COMMAND]]

  --fast     at most two minutes after the build: no root, no apt, no NativeAOT, nothing marked group=slow
  --list     build, then name the tests instead of running them
  GROUP      only these projects: a part of a name in tests/ (protocol, host, endtoend, …)
  -- FILTER  options of the xunit runner, for example: -- -method '*reattach*'
  --peer     the RDMA cases on two real machines instead of two virtual ones: this one collects, ADDRESS is read; as root on both.
             COMMAND runs a command there; 'ssh ADDRESS' unless told

Exit code: 0 when at least one test ran and none failed, else 1.
END
}

# What the tests need beyond the .NET SDK, each with its reason: probe (a command, or a file) | Debian package | reason.
requirements='
prometheus|prometheus|scrapes our endpoint and answers queries about it
promtool|prometheus|judges our exposition format
prometheus-alertmanager|prometheus-alertmanager|takes the alerts that we send
prometheus-node-exporter|prometheus-node-exporter|is a real endpoint for --scrape
prometheus-process-exporter|prometheus-process-exporter|is measured beside us by lab reproduce overhead
netdata|netdata|is measured beside us by lab reproduce overhead
wrk|wrk|loads the endpoint in lab run and lab reproduce
python3|python3|runs the client of the Python artifact against our REST
/usr/lib/python3/dist-packages/jsonschema|python3-jsonschema|judges the schema of the configuration file
gcc|gcc|links the NativeAOT binary
/usr/include/zlib.h|zlib1g-dev|is linked into the NativeAOT binary
curl|curl|asks REST and metrics endpoints as a user would
ps|procps|shows which processes a test left behind
ip|iproute2|makes and inspects the network interfaces of tests
qemu-system-x86_64|qemu-system-x86|boots the two machines of the RDMA tests
busybox|busybox-static|is their user land
cpio|cpio|packs it
depmod|kmod|finds the modules that they need
rdma|iproute2|gives them a Soft-RoCE device
ibv_devinfo|ibverbs-utils|shows what verbs see of it
/etc/libibverbs.d/rxe.driver|ibverbs-providers|is the driver of it for libibverbs
/usr/lib/python3/dist-packages/pyverbs|python3-pyverbs|is a peer that is not ours
tshark|tshark|reads what was on their wire
/usr/bin/chromium|chromium|opens the live page as a user would
/usr/include/infiniband/verbs.h|libibverbs-dev|judges the layouts of the verbs binding
aarch64-linux-gnu-gcc|gcc-aarch64-linux-gnu|judges them for arm64, which no test machine need be
php|php-cli|serves the page of the autoscaled workload
redis-server|redis-server|is watched under load and faults
/usr/lib/postgresql|postgresql|is the database of the hotel application
stress-ng|stress-ng|is the anomaly in its services
/usr/aarch64-linux-gnu/include/pthread.h|libc6-dev-arm64-cross|has the C headers for that
'

fast=0 list=0 groups=() filters=() rdma_dev='' rdma_peer='' rdma_peer_dev='' rdma_shell=''
while (($#)); do
  case $1 in
    --fast) fast=1 ;;
    --list) list=1 ;;
    --dev | --peer | --peer-dev | --shell)
      (($# > 1)) || { echo "test.sh: $1 needs a value" >&2; exit 1; }
      option=${1#--}; printf -v "rdma_${option//-/_}" %s "$2"; shift ;;
    -h | --help) usage; exit 0 ;;
    --) shift; filters=("$@"); break ;;
    -*) echo "test.sh: unknown option $1 (runner options go after --)" >&2; usage >&2; exit 1 ;;
    *) groups+=("$1") ;;
  esac
  shift
done

out=$root/artifacts/test
mkdir -p "$out" "$root/artifacts/launcher" || exit 1

# Nothing of the caller's set-up may decide a result; MICROVIEW_DATA says where the third-party data sets are.
for name in $(compgen -e); do
  case $name in
    MICROVIEW_DATA) ;;
    MICROVIEW_* | DEFAULT_PAGE_SIZE | DEFAULT_RDMA_MR_SIZE | SHM_POOL_SIZE | SHM_POOL_NAME | DOTNET_STARTUP_HOOKS) unset "$name" ;;
  esac
done
if [[ -n $rdma_peer ]]; then
  [[ -n $rdma_dev ]] || { echo "test.sh: --peer needs --dev, the RDMA device here" >&2; exit 1; }
  export MICROVIEW_RDMA_PEER=$rdma_peer MICROVIEW_RDMA_DEV=$rdma_dev MICROVIEW_RDMA_PEER_DEV=${rdma_peer_dev:-$rdma_dev}
  [[ -z $rdma_shell ]] || export MICROVIEW_RDMA_SHELL=$rdma_shell
fi
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1 MSBUILDTERMINALLOGGER=off

passed=0 failed=0 skipped=0 notes=()
finish() {
  local note
  for note in "${notes[@]+"${notes[@]}"}"; do echo "note: $note"; done
  echo "$passed passed, $failed failed, $skipped skipped"
  ((failed == 0 && passed > 0)) || exit 1
  exit 0
}
fail() { printf '%s\n' "$1"; failed=$((failed + 1)); finish; }

# --- what the tests need -------------------------------------------------------------------------------------------

missing_requirements() {
  local probe package reason
  while IFS='|' read -r probe package reason; do
    [[ -n $probe ]] || continue
    if [[ $probe == /* ]]; then [[ -e $probe ]]; else command -v "$probe" >/dev/null; fi || echo "$package|$probe $reason"
  done <<<"$requirements"
}

policy=/usr/sbin/policy-rc.d policy_is_ours=0
drop_policy() { ((policy_is_ours)) && rm -f "$policy"; policy_is_ours=0; }

install_packages() { # packages…
  # Debian starts a service as soon as it is installed (prometheus on :9090): forbidden for the time of the installation.
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy" && policy_is_ours=1
  fi
  echo "installing: $*"
  export DEBIAN_FRONTEND=noninteractive
  { apt-get update && apt-get install -y --no-install-recommends "$@"; } </dev/null >"$out/apt.log" 2>&1
  local status=$? unit
  drop_policy
  # A package that is here for its program must not run as a service now, nor after the next boot.
  for unit in "$@"; do
    [[ -e /lib/systemd/system/$unit.service || -e /etc/init.d/$unit ]] || continue
    if command -v systemctl >/dev/null; then systemctl disable --now "$unit"; else service "$unit" stop; update-rc.d "$unit" disable; fi >/dev/null 2>&1
  done
  return $status
}

provide_requirements() {
  local missing packages
  missing=$(missing_requirements)
  [[ -n $missing ]] || return 0
  mapfile -t packages < <(cut -d'|' -f1 <<<"$missing" | sort -u)
  if ((EUID == 0 && !fast)) && command -v apt-get >/dev/null; then
    install_packages "${packages[@]}" || echo "apt-get failed (artifacts/test/apt.log): $(grep -m 1 -E '^E:|^Err' "$out/apt.log")"
    missing=$(missing_requirements)
    [[ -n $missing ]] || return 0
    mapfile -t packages < <(cut -d'|' -f1 <<<"$missing" | sort -u)
  fi
  echo "missing; the tests that need these are skipped:"
  sed 's/^[^|]*|/  /' <<<"$missing"
  echo "install with: sudo apt-get install --no-install-recommends ${packages[*]}"
}

# --- build ---------------------------------------------------------------------------------------------------------

select_projects() {
  local project group name
  for project in tests/*/*.Tests.csproj; do
    name=$(basename "$project" .csproj)
    if ((${#groups[@]} == 0)); then echo "$name"; continue; fi
    for group in "${groups[@]}"; do
      [[ ${name,,} == *"${group,,}"* ]] && { echo "$name"; break; }
    done
  done
}

build() { # arguments of dotnet build
  local log=$out/build.log started=$SECONDS status
  # The launcher builds into the same folders: one build at a time, and its stamp moves with ours.
  exec 9>"$root/artifacts/launcher/lock"
  command -v flock >/dev/null && flock 9
  for folder in src/*/; do mkdir -p "$folder/bin" "$folder/obj"; done
  : >"$out/stamp"
  dotnet build "$@" -c Release --nologo -v minimal --disable-build-servers </dev/null >"$log" 2>&1 9>&-
  status=$?
  if ((status == 0)) && [[ $1 == *.slnx ]]; then
    cp -p "$out/stamp" "$root/artifacts/launcher/microview-lab.stamp"
    mv -f "$out/stamp" "$root/artifacts/launcher/microview.stamp"
  fi
  exec 9>&-
  if ((status != 0)); then
    grep -E '(error|warning) [A-Z]+[0-9]+|error :' "$log" | sed -e "s|$root/||g" -e 's/ \[[^]]*\]$//' -e 's/^ *//' | sort -u | head -60
    fail "the build failed after $((SECONDS - started)) s (whole log: artifacts/test/build.log)"
  fi
  echo "built in $((SECONDS - started)) s"
}

publish_aot() { # project folder binary variable
  local rid=linux started=$SECONDS log=$out/aot-$2.log binary=artifacts/$2/$3
  [[ -e /lib/ld-musl-$(uname -m).so.1 ]] && rid=linux-musl
  case $(uname -m) in x86_64) rid+=-x64 ;; aarch64) rid+=-arm64 ;; *) notes+=("no NativeAOT for $(uname -m)"); return ;; esac
  if ! { command -v clang || command -v gcc; } >/dev/null || [[ ! -e /usr/include/zlib.h ]]; then
    notes+=("no NativeAOT binary $3: gcc or zlib1g-dev is missing; the tests that run it are skipped")
    return
  fi
  # Its own intermediate folders: a publish must not disturb what ./microview has built.
  if dotnet publish "$1" -c Release -r "$rid" --artifacts-path artifacts/aot-build -o "artifacts/$2" \
    --nologo -v minimal --disable-build-servers </dev/null >"$log" 2>&1 && [[ -x $binary ]]; then
    export "$4=$root/$binary"
    echo "published $3 with NativeAOT in $((SECONDS - started)) s ($(($(stat -c %s "$binary") / 1048576)) MiB)"
  else
    grep -E '(error|warning) [A-Z]+[0-9]+|error :' "$log" | sed -e "s|$root/||g" -e 's/ \[[^]]*\]$//' | sort -u | head -20
    echo "FAILED: NativeAOT publish of $3 (whole log: artifacts/test/aot-$2.log)"
    failed=$((failed + 1))
  fi
}

# --- run -----------------------------------------------------------------------------------------------------------

attribute() { sed -n "s/.*<assembly [^>]* $1=\"\([0-9.]*\)\".*/\1/p" "$2" | head -n 1; }

# The runner's own report of one kind of result: the test's name, then its message without the stack but for its first frame.
details() { # FAIL|SKIP log
  awk -v kind="[$1]" '
    /^    [^ ]/ { show = substr($0, length($0) - length(kind) + 1) == kind || (kind == "[FAIL]" && /^    \[/); stack = 0; if (show) { sub(/^ +/, "  "); print } ; next }
    show && /^      Stack Trace:/ { stack = 1; next }
    show && stack == 1 { stack = 2; print; next }
    show && stack == 0 && /^      / { print; next }
    /^[^ ]/ { show = 0 }' "$2"
}

test_pid=
on_exit() {
  drop_policy
  [[ -n $test_pid ]] && kill -TERM -- "-$test_pid" 2>/dev/null
  rm -f "$out/stamp"
}
trap on_exit EXIT
trap 'exit 130' INT TERM

run_project() { # name
  local name=$1 xml=$out/$1.xml log=$out/$1.log limit=1800 status p f s e
  local -a options=(-noLogo -noColor -noAutoReporters -xml "$xml")
  ((fast)) && options+=(-trait- group=slow) && limit=300
  # A process group of its own (timeout makes it): what a test leaves behind is found and ended.
  timeout -k 10 "$limit" "tests/$name/bin/Release/net10.0/$name" "${options[@]}" "${filters[@]+"${filters[@]}"}" </dev/null >"$log" 2>&1 &
  test_pid=$!
  { wait "$test_pid"; status=$?; } 2>/dev/null
  if kill -TERM -- "-$test_pid" 2>/dev/null; then notes+=("$name left processes behind; they were ended"); fi
  test_pid=
  if [[ ! -s $xml ]] || ((status > 1)); then
    failed=$((failed + 1))
    ((status == 124 || status == 137)) && echo "$name: CRASHED: no end after $limit s" || echo "$name: CRASHED with exit code $status"
    # From the runtime's last words on, where it had any; the frames of the runner below them tell nothing.
    { grep -m 1 -A 14 -E '^(Unhandled exception|Process terminated|Fatal error|Stack overflow)' "$log" || tail -n 15 "$log"; } | cut -c 1-200 | sed 's/^/  | /'
    return
  fi
  p=$(attribute passed "$xml") f=$(attribute failed "$xml") s=$(attribute skipped "$xml") e=$(attribute errors "$xml")
  # An error outside of a test (no data for a theory, a fixture's end) is also among the failed ones when it stopped a test.
  f=${f:-0}; ((f)) || f=${e:-0}
  # An exit code without a failed test is still a failure.
  ((status != 0 && f == 0)) && f=1
  passed=$((passed + ${p:-0})) failed=$((failed + f)) skipped=$((skipped + ${s:-0}))
  printf '%-34s %5d passed %3d failed %3d skipped  %s s\n' "$name" "${p:-0}" "$f" "${s:-0}" "$(attribute time "$xml")"
  # What a project has to tell beside its results: times of recoveries, say.
  [[ ! -s $out/$name.report ]] || cat "$out/$name.report"
}

report() { # FAIL|SKIP title
  local name text=
  for name in "${projects[@]}"; do
    [[ -s $out/$name.log ]] || continue
    text+=$(details "$1" "$out/$name.log" | sed "s|$root/||g")${text:+$'\n'}
  done
  [[ -n ${text//$'\n'/} ]] && printf '\n%s\n%s\n' "$2" "$(sed '/^$/d' <<<"$text")"
}

mapfile -t projects < <(select_projects)
((${#projects[@]})) || fail "no test project matches '${groups[*]}'; there are: $(for p in tests/*/*.Tests.csproj; do basename "$p" .Tests.csproj; done | paste -sd' ' -)"
command -v dotnet >/dev/null || fail "dotnet is not installed: install the .NET 10 SDK (https://dotnet.microsoft.com/download/dotnet/10.0)"
rm -f "$out"/*.xml "$out"/*.log "$out"/*.report
((list)) || provide_requirements
if ((${#groups[@]})); then
  for name in "${projects[@]}"; do build "tests/$name"; done
else
  build MicroView.slnx
fi
if ((list)); then
  for name in "${projects[@]}"; do "tests/$name/bin/Release/net10.0/$name" -list tests -noColor </dev/null | sed -n 's/^MicroView\./MicroView./p'; done
  exit 0
fi
[[ $fast -eq 0 && " ${projects[*]} " =~ EndToEnd|Rdma ]] && publish_aot src/MicroView.Cli aot microview MICROVIEW_AOT
[[ $fast -eq 0 && " ${projects[*]} " == *Rdma* ]] && publish_aot tests/MicroView.Rdma.Suite rdma-suite rdma-suite MICROVIEW_RDMA_SUITE
for name in "${projects[@]}"; do run_project "$name"; done
report SKIP "Skipped:"
report FAIL "Failed:"
echo
finish
