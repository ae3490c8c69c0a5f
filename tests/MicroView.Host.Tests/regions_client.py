"""Attaches as a client whose announcement claims more than it may: regions of its own, and fields that nobody knows. Argument: the socket."""
import array, fcntl, json, os, socket, struct, sys

CAPACITY, EPOCH = 65536, 0x1234567
fd = os.memfd_create("claims", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
os.fchmod(fd, 0o600)
os.ftruncate(fd, CAPACITY)
os.pwrite(fd, b"MVPAGES\0" + struct.pack("<IIQ", 1, 0, EPOCH), 4096)
fcntl.fcntl(fd, 1033, 1 | 2 | 4)  # F_ADD_SEALS: seal, shrink, grow

claim = [{"index": 0, "values": {"address": 3735928559, "key": 3735928559, "size": 3735928559}, "control": {"address": 1, "key": 3735928559, "size": 4096}}]
body = json.dumps({
    "type": "attach", "pod": "claims", "regions": claim, "generation": 3735928559,
    "object": {"index": 0, "capacity": CAPACITY, "stripes": 1, "epoch": EPOCH, "row_slots": 16, "regions": claim, "values": claim[0]["values"], "control": claim[0]["control"]},
}).encode()
agent = socket.socket(socket.AF_UNIX)
agent.connect(sys.argv[1])
agent.sendmsg([struct.pack("<IHH", len(body), 1, 0x564D) + body], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))])
length = struct.unpack("<IHH", agent.recv(8, socket.MSG_WAITALL))[0]
print(json.loads(agent.recv(length, socket.MSG_WAITALL))["type"], flush=True)
sys.stdin.readline()
