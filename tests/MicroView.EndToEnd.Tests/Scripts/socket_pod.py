"""A socket client by the documents alone (docs/page-format.md, docs/control-plane.md): SOCKET POD [fork|hold|spy]. Prints what it was told."""
import array, ctypes, fcntl, json, mmap, os, socket, struct, sys, time

PATH, POD = sys.argv[1], sys.argv[2]
MODE = sys.argv[3] if len(sys.argv) > 3 else "hold"
CAPACITY, EPOCH, SEALS = 16384, int.from_bytes(os.urandom(7), "little") | 1, 1 | 2 | 4  # SEAL, SHRINK, GROW


def receive(peer):
    header = peer.recv(8, socket.MSG_WAITALL)
    if len(header) < 8:
        return None
    length = struct.unpack("<I", header[:4])[0]
    return json.loads(peer.recv(length, socket.MSG_WAITALL))


def send(peer, message, fds=()):
    body = json.dumps(message).encode()
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
    peer.sendmsg([struct.pack("<IHH", len(body), len(fds), 0x564D) + body], rights)
    return receive(peer)


def create(name):
    fd = os.memfd_create(name, os.MFD_ALLOW_SEALING)
    os.ftruncate(fd, CAPACITY)
    os.pwrite(fd, struct.pack("<QIIQ", 0x0053_4547_4150_564D, 1, 0, EPOCH), 4096)
    fcntl.fcntl(fd, 1033, SEALS)
    return fd, mmap.mmap(fd, CAPACITY)


fd, memory = create(POD)
agent = socket.socket(socket.AF_UNIX)
agent.connect(PATH)
told = send(agent, {"type": "attach", "pod": POD, "object": {"index": 0, "capacity": CAPACITY, "stripes": 1, "epoch": EPOCH}}, [fd])
print(told["type"], told.get("pod", told.get("code")), flush=True)
for slot in range(4):
    struct.pack_into("<d", memory, 4160 + 8 * slot, slot + 1.0)
told = send(agent, {"type": "describe", "first_slot": 0, "descriptors": [{"name": f"m{slot}", "type": "gauge"} for slot in range(4)]})
print(told["type"], flush=True)
if MODE == "fork":
    child = os.fork()
    if child == 0:
        while True:  # holds the connection and the mapping, and goes on writing
            struct.pack_into("<d", memory, 4160, -1.0)
            time.sleep(0.01)
    print("child", child, flush=True)

for line in sys.stdin:
    command = line.split()
    if command[0] == "scribble":  # over all of its own memory: header, slots, control page
        for page in range(CAPACITY // 4096):
            memory[page * 4096:(page + 1) * 4096] = os.urandom(4096)
    elif command[0] == "nan":
        for slot in range(4):
            struct.pack_into("<d", memory, 4160 + 8 * slot, (float("nan"), float("inf"), float("-inf"), 1e308)[slot])
    elif command[0] == "odd":  # a row that is never finished
        struct.pack_into("<Q", memory, 4096 + 32, 7)
    elif command[0] == "truncate":
        try:
            os.ftruncate(fd, 0)
            print("truncated", flush=True)
            continue
        except OSError as error:
            print("refused", error.errno, flush=True)
            continue
    elif command[0] == "generation":  # claims a change all the time
        end = time.monotonic() + 2
        while time.monotonic() < end:
            memory[4096 + 24:4096 + 32] = os.urandom(8)
            memory[4096 + 48:4096 + 56] = os.urandom(8)
    elif command[0] == "detach":
        print(send(agent, {"type": "detach"})["type"], flush=True)
    elif command[0] == "spy":  # every way into the memory of the processes that it was named
        reached = 0
        for pid in command[1:]:
            for way in ("fd", "map_files"):
                try:
                    entries = os.listdir(f"/proc/{pid}/{way}")
                except OSError:
                    continue
                for entry in entries:
                    try:
                        with open(f"/proc/{pid}/{way}/{entry}", "rb"):
                            reached += 1
                    except OSError:
                        pass
            for flags in (os.O_RDONLY, os.O_RDWR):
                try:
                    memfd = os.open(f"/proc/{pid}/mem", flags)
                    os.close(memfd)
                    reached += 1
                except OSError:
                    pass
            try:
                pidfd = os.pidfd_open(int(pid))
                got = ctypes.CDLL(None, use_errno=True).syscall(438, pidfd, 3, 0)  # pidfd_getfd
                reached += got >= 0
            except OSError:
                pass
        print("reached", reached, flush=True)
        continue
    elif command[0] == "read":  # as a collector, with the token that it was given
        spy = socket.socket(socket.AF_UNIX)
        spy.connect(PATH)
        told = send(spy, {"type": "read", "name": "spy", **({"token": command[1]} if len(command) > 1 else {})})
        print(told["type"], told.get("code", ""), flush=True)
        if told["type"] != "reading":
            continue
        body = json.dumps({"type": "layout", "since": 0, "timeout_ms": 0}).encode()
        spy.sendmsg([struct.pack("<IHH", len(body), 0, 0x564D) + body])
        data, rights, _, _ = spy.recvmsg(1 << 20, socket.CMSG_SPACE(4 * 250))
        fds = [f for _, _, raw in rights for f in array.array("i", raw[:len(raw) // 4 * 4])]
        writable = 0
        for given in fds:
            if os.pread(given, 8, 4096 + 16) == struct.pack("<Q", EPOCH):
                continue  # its own object is its own to write
            mmap.mmap(given, 8192, mmap.MAP_SHARED, mmap.PROT_READ).close()
            for attempt in (lambda: mmap.mmap(given, 8192, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE), lambda: os.open(f"/proc/self/fd/{given}", os.O_RDWR), lambda: os.pwrite(given, b"x", 4160)):
                try:
                    attempt()
                    writable += 1
                except OSError:
                    pass
        print("given", len(fds), "writable", writable, flush=True)
        continue
    print("done", command[0], flush=True)
