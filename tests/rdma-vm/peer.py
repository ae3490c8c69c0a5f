#!/usr/bin/python3
"""An RDMA peer that is not ours: pyverbs and the standard library, written from docs/control-plane.md and docs/page-format.md alone.

peer.py read HOST:PORT DEV POD           reads the pod's first page through what /rdma/* answers, prints its slots as JSON
peer.py serve ADDRESS:PORT DEV SECONDS   exports a pod of 16 metrics from its own memory and serves the control plane for it, until the time is over or SIGTERM comes
peer.py badkey HOST:PORT DEV POD         reads with a key that is off by one, prints the completion's status
"""
import json
import signal
import struct
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pyverbs.enums as e
from pyverbs.addr import AHAttr, GID, GlobalRoute
from pyverbs.cq import CQ
from pyverbs.device import Context
from pyverbs.mr import MR
from pyverbs.pd import PD
from pyverbs.qp import QP, QPAttr, QPCap, QPInitAttr
from pyverbs.wr import SGE, SendWR

PAGE, MAGIC, EPOCH = 4096, b"MVPAGES\0", 0x1122334455667789
MTU = e.IBV_MTU_1024


def full(gid):
    """Eight groups of four digits, whatever form it came in."""
    import ipaddress
    return ipaddress.IPv6Address(str(gid)).exploded


class End:
    """A queue pair of this side, with the GID of the RoCE v2 entry that carries an IPv4 address."""

    def __init__(self, device, access):
        self.context = Context(name=device)
        self.domain = PD(self.context)
        self.completions = CQ(self.context, 16)
        capacity = QPCap(max_send_wr=16, max_recv_wr=1, max_send_sge=1, max_recv_sge=1)
        self.queue = QP(self.domain, QPInitAttr(qp_type=e.IBV_QPT_RC, scq=self.completions, rcq=self.completions, cap=capacity))
        self.access = access
        table = [(i, full(self.context.query_gid(1, i))) for i in range(2)]
        self.index, self.gid = next((i, gid) for i, gid in table if gid.startswith("0000:0000:0000:0000:0000:ffff:"))

    def connect(self, number, gid, psn_there=0, psn_here=0):
        route = GlobalRoute(dgid=GID(full(gid)), sgid_index=self.index)
        route.hop_limit = 64
        attributes = QPAttr(port_num=1)
        attributes.qp_access_flags = self.access
        attributes.path_mtu = MTU
        attributes.dest_qp_num = number
        attributes.rq_psn, attributes.sq_psn = psn_there, psn_here
        attributes.ah_attr = AHAttr(gr=route, is_global=1, port_num=1)
        attributes.max_dest_rd_atomic = attributes.max_rd_atomic = 1
        attributes.min_rnr_timer, attributes.timeout, attributes.retry_cnt, attributes.rnr_retry = 12, 14, 6, 7
        self.queue.to_rts(attributes)

    def read(self, region, address, key, size):
        request = SendWR(num_sge=1, sg=[SGE(region.buf, size, region.lkey)], opcode=e.IBV_WR_RDMA_READ, send_flags=e.IBV_SEND_SIGNALED)
        request.set_wr_rdma(key, address)
        self.queue.post_send(request)
        until = time.time() + 10
        while time.time() < until:
            count, done = self.completions.poll()
            if count:
                return done[0].status
        raise SystemExit("no completion within 10 s")


def ask(place, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://{place}{path}", data=data, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def attach(place, device):
    """As the artifact's collector does: looks at the queue pairs, connects the first free one, says nothing that it does not know."""
    end = End(device, e.IBV_ACCESS_LOCAL_WRITE)
    free = next(queue for queue in ask(place, "/rdma/qps")["queue_pairs"] if not queue["in_use"])
    answer = ask(place, f"/rdma/qp/{free['index']}/connect", {"qp_num": end.queue.qp_num, "gid": end.gid})
    assert answer["status"] in ("success", "connected"), answer
    end.connect(free["qp_num"], free["gid"], psn_there=free["psn"])
    return end


def read(place, device, pod, off=0):
    end = attach(place, device)
    region = next(region for region in ask(place, "/rdma/mrs")["memory_regions"] if region["name"] == f"{pod}/0")
    size = min(region["size"], PAGE)
    landing = MR(end.domain, size, e.IBV_ACCESS_LOCAL_WRITE)
    status = end.read(landing, region["addr"], region["rkey"] + off, size)
    if status != e.IBV_WC_SUCCESS:
        print(json.dumps({"status": status}))
        return
    image = landing.read(size, 0)
    assert image[:8] == MAGIC, image[:8]
    slots = struct.unpack_from(f"<{(size - 64) // 8}d", image, 64)
    print(json.dumps({"status": 0, "epoch": struct.unpack_from("<Q", image, 16)[0], "slots": slots[:64]}))


class Exported:
    """A pod in this process's memory: page 0 is the control page, then header and slots, stored by a thread."""

    metrics = 16

    def __init__(self, device):
        self.end = End(device, e.IBV_ACCESS_LOCAL_WRITE | e.IBV_ACCESS_REMOTE_READ | e.IBV_ACCESS_REMOTE_WRITE)
        self.values = MR(self.end.domain, PAGE, e.IBV_ACCESS_REMOTE_READ | e.IBV_ACCESS_LOCAL_WRITE)
        self.control = MR(self.end.domain, PAGE, e.IBV_ACCESS_REMOTE_WRITE | e.IBV_ACCESS_LOCAL_WRITE)
        self.control.write(bytes(PAGE), PAGE, 0)
        self.generation = int(time.time() * 1e6)
        header = MAGIC + struct.pack("<IIQQ", 1, 0, EPOCH, self.generation)
        self.values.write(header.ljust(PAGE, b"\0"), PAGE, 0)
        self.round = 0
        threading.Thread(target=self.store, daemon=True).start()

    def store(self):
        while True:
            self.round += 1
            for slot in range(self.metrics):
                value = self.round * 10.0 + slot if slot % 2 else float(self.round)
                self.values.write(struct.pack("<d", value), 8, 64 + slot * 8)
            self.values.write(struct.pack("<Q", self.round), 8, 48)
            time.sleep(0.1)

    def layout(self, since):
        descriptors = [{"name": f"peer_metric_{i}", "type": "gauge"} if i % 2 else {"name": f"peer_total_{i}", "type": "counter"} for i in range(self.metrics)]
        pod = {
            "pod": "peer", "kind": "socket", "verified": False, "user_id": 0, "process_id": 0, "generation": self.generation, "slots": self.metrics, "first_slot": 0,
            "descriptors": descriptors, "retired": [], "objects": [{"index": 0, "capacity": 2 * PAGE, "stripes": 1, "epoch": EPOCH}],
            "regions": [{"index": 0, "values": {"address": self.values.buf, "key": self.values.rkey, "size": PAGE},
                         "control": {"address": self.control.buf, "key": self.control.rkey, "size": PAGE}}],
        }
        return {"generation": self.generation, "full": since != self.generation, "pods": [] if since == self.generation else [pod], "removed": []}

    def own(self):
        return {"qp_num": self.end.queue.qp_num, "gid": self.end.gid, "index": 0, "in_use": False, "psn": 0, "mtu": 1024, "max_rd_atomic": 1, "state": "reset"}

    def connect(self, asked):
        queue = asked["queue_pairs"][0]
        self.end.connect(queue["qp_num"], queue["gid"], psn_there=queue.get("psn", 0))
        return {"status": "success", "connected": 1, "total": 1, "results": [{"status": "connected", "queue_pair": self.own()}]}


def serve(place, device, seconds):
    pod = Exported(device)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self, document, status=200):
            text = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def do_GET(self):
            path, _, query = self.path.partition("?")
            if path == "/health":
                self.answer({"status": "healthy"})
            elif path == "/rdma/qps":
                self.answer({"queue_pairs": [pod.own()]})
            elif path == "/v1/layout":
                asked = dict(part.split("=") for part in query.split("&"))
                since = int(asked.get("since") or 0)
                if since == pod.generation:
                    time.sleep(min(int(asked.get("timeout") or 0), 1000) / 1000)
                self.answer(pod.layout(since))
            else:
                self.answer({"error": "not here"}, 404)

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.answer(pod.connect(body) if self.path == "/rdma/qps/connect" else {"error": "not here"}, 200 if self.path == "/rdma/qps/connect" else 404)

        def do_DELETE(self):
            self.answer({"status": "ok"})

        def log_message(self, *_):
            pass

    address, port = place.rsplit(":", 1)
    server = ThreadingHTTPServer((address, int(port)), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("serving", flush=True)
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    ended.wait(float(seconds))
    word = struct.unpack("<Q", pod.control.read(8, 0))[0]
    print(json.dumps({"rounds": pod.round, "control": word}), flush=True)


if __name__ == "__main__":
    command, *arguments = sys.argv[1:] or ["help"]
    if command == "read":
        read(*arguments)
    elif command == "badkey":
        read(*arguments, off=1)
    elif command == "serve":
        serve(*arguments)
    else:
        raise SystemExit(__doc__)
