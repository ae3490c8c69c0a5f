#!/usr/bin/env bash
# Two virtual machines, "host" (10.9.0.1) and "ipu" (10.9.0.2), with a Debian kernel and Soft-RoCE, on one wire. See the usage below.
set -uo pipefail
here=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
root=$(cd -P -- "$here/../.." && pwd)
work=${MICROVIEW_VM_WORK:-$root/artifacts/rdma-vm}
microview=${MICROVIEW_AOT:-$root/artifacts/aot/microview}
suite=${MICROVIEW_RDMA_SUITE:-$root/artifacts/rdma-suite/rdma-suite}
limit=${MICROVIEW_VM_LIMIT:-840}

usage() {
  cat <<'END'
tests/rdma-vm/run.sh test                       every case; its report is artifacts/rdma-vm/ipu.log, the capture artifacts/rdma-vm/host.pcap
tests/rdma-vm/run.sh demo                       watch the Getting Started across the two machines, about half a minute
tests/rdma-vm/run.sh exec HOST.sh IPU.sh [BIN…] run a script on each, with further binaries, and print both consoles

Needs the NativeAOT binaries that ./test.sh rdma publishes, and the Debian packages that it names. Each machine has one core and is emulated: nothing
that is timed here says anything about RDMA's speed.
END
}

pids=()
stop() { ((${#pids[@]})) && kill "${pids[@]}" 2>/dev/null; pids=(); }
trap stop EXIT
trap 'exit 130' INT TERM

boot() { # role number own-socket other-socket
  timeout -k 5 "$limit" qemu-system-x86_64 -accel tcg -cpu max -smp 1 -m 512 -nographic -no-reboot -nodefaults -serial stdio \
    -kernel "$work/vmlinuz" -initrd "$work/$1.gz" -append "console=ttyS0 quiet panic=-1 psi=1 microview.address=10.9.0.$2 microview.role=$1" \
    -netdev "dgram,id=n0,local.type=unix,local.path=$work/$3,remote.type=unix,remote.path=$work/$4" \
    -device "virtio-net-pci,netdev=n0,mac=52:54:00:09:00:0$2,romfile=" -device virtio-rng-pci \
    -drive "file=$work/disk.img,if=none,format=raw,readonly=on,id=d0" -device virtio-blk-pci,drive=d0 \
    -object "filter-dump,id=f0,netdev=n0,file=$work/$1.pcap,maxlen=256" </dev/null >"$work/$1.log" 2>&1 &
  pids+=($!)
}

both() { # host-script ipu-script binaries…
  local role scripts=("$1" "$2") status=0 pid
  shift 2
  for binary; do [[ -x $binary ]] || { echo "run.sh: $binary is missing; ./test.sh rdma makes it" >&2; exit 1; }; done
  bash "$here/guest.sh" "$work" "$@" || exit 1
  rm -f "$work"/{a,b}.sock "$work"/*.log "$work"/*.pcap
  truncate -s 64M "$work/disk.img" # something to read from, for the cases of node sources
  for role in host ipu; do
    rm -rf "$work/script"; mkdir -p "$work/script"
    cp "${scripts[$([[ $role == ipu ]] && echo 1 || echo 0)]}" "$work/script/script"
    { cat "$work/initrd.gz"; (cd "$work/script" && find . | cpio -o -H newc --quiet) | gzip -1; } >"$work/$role.gz"
  done
  boot host 1 a.sock b.sock
  boot ipu 2 b.sock a.sock
  [[ -n ${follow:-} ]] && { tail -q -n +1 -F "$work/host.log" 2>/dev/null | sed -u 's/\r//; s/^/host| /' & pids+=($!); tail -q -n +1 -F "$work/ipu.log" 2>/dev/null | sed -u 's/\r//; s/^/ipu | /' & pids+=($!); }
  wait -n "${pids[@]:0:2}" || status=$?
  # One machine alone has nothing to do any more.
  for pid in "${pids[@]:0:2}"; do timeout 15 tail --pid="$pid" -f /dev/null; done
  [[ -n ${follow:-} ]] && sleep 0.5
  stop
  return $status
}

case ${1:-} in
  test) both "$here/suite-host.sh" "$here/suite-ipu.sh" "$microview" "$suite" ;;
  demo) follow=1 both "$here/demo-host.sh" "$here/demo-ipu.sh" "$microview" ;;
  exec)
    (($# >= 3)) || { usage >&2; exit 2; }
    follow=1 both "$2" "$3" "${@:4}"
    ;;
  -h | --help | help) usage ;;
  *) usage >&2; exit 2 ;;
esac
