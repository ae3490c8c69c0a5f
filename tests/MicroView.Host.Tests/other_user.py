"""Another user's process: tries the socket as a reader and as a client, and REST as a collector. Prints what it was told, a line each."""
import array, fcntl, json, os, socket, struct, sys, urllib.error, urllib.request

path, url, pod = sys.argv[1], sys.argv[2], sys.argv[3]
NOFOLLOW_SEALS = 1 | 2 | 4  # SEAL, SHRINK, GROW

def ask(message, fd=None):
    peer = socket.socket(socket.AF_UNIX)
    peer.connect(path)
    body = json.dumps(message).encode()
    frame = struct.pack("<IHH", len(body), 0 if fd is None else 1, 0x564D) + body
    rights = [] if fd is None else [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))]
    peer.sendmsg([frame], rights)
    header = peer.recv(8, socket.MSG_WAITALL)
    return json.loads(peer.recv(struct.unpack("<I", header[:4])[0], socket.MSG_WAITALL)), peer

def attach(name):
    fd = os.memfd_create("other", os.MFD_ALLOW_SEALING)
    os.ftruncate(fd, 16384)
    epoch = 12345
    os.pwrite(fd, struct.pack("<QIIQ", 0x00534547_4150564D, 1, 0, epoch), 4096)
    fcntl.fcntl(fd, 1033, NOFOLLOW_SEALS)
    return ask({"type": "attach", "pod": name, "object": {"index": 0, "capacity": 16384, "stripes": 1, "epoch": epoch}}, fd)

def http(method, where, body=None):
    try:
        return urllib.request.urlopen(urllib.request.Request(url + where, data=body, method=method)).status
    except urllib.error.HTTPError as error:
        return error.code

print(ask({"type": "read", "name": "spy"})[0].get("code"))
print(ask({"type": "read", "name": "spy", "token": "correct horse"})[0].get("type"))
print(attach(pod)[0].get("code"))
answer, kept = attach("others-own")
print(answer.get("pod"))
print(http("GET", "/v1/layout"), http("GET", "/rdma/mrs"), http("GET", "/metrics"), http("GET", "/v1/pods"))
print(http("POST", "/metrics", json.dumps({"microservice_id": "rest", "name": "m", "type": True, "value": 1}).encode()))
print(http("GET", "/health"), flush=True)
sys.stdin.readline()
