#!/usr/bin/env bash
# The suite on two machines of one's own: this one collects, MICROVIEW_RDMA_PEER (an address) is read. ./test.sh rdma --dev D --peer ADDRESS sets the variables:
#   MICROVIEW_RDMA_DEV, MICROVIEW_RDMA_PEER_DEV   the devices here and there
#   MICROVIEW_RDMA_SHELL                          what runs a command there, "ssh ADDRESS" unless told
# Both sides need root, python3-pyverbs and the verbs tools. The peer's link is taken down for 3 s by one case.
set -euo pipefail
here=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
peer=${MICROVIEW_RDMA_PEER:?} device=${MICROVIEW_RDMA_DEV:?} folder=/tmp/microview-rdma-programs
shell=${MICROVIEW_RDMA_SHELL:-ssh $peer}
own=$(ip -o route get "$peer" | sed -n 's/.* src \([^ ]*\).*/\1/p')
[[ -n $own ]] || { echo "real.sh: no route to $peer" >&2; exit 1; }
mkdir -p $folder
cp "${MICROVIEW_AOT:?}" $folder/microview; cp "${MICROVIEW_RDMA_SUITE:?}" $folder/rdma-suite; cp "$here/peer.py" $folder/
trap 'rm -rf $folder; $shell "rm -rf $folder"' EXIT
tar c -C $folder . | $shell "mkdir -p $folder && tar x -C $folder"
$folder/rdma-suite run --peer "$peer" --own "$own" --shell "$shell" --dev "$device" --peer-dev "${MICROVIEW_RDMA_PEER_DEV:-$device}" --bin $folder --peer-bin $folder
