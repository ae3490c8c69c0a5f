"""A client of the Python artifact, by its contract alone: one POST per metric, the segment opened once, doubles written at the answers' addresses."""
import json, struct, sys, urllib.error, urllib.request
from multiprocessing import resource_tracker, shared_memory

url, pod, count = sys.argv[1], sys.argv[2], int(sys.argv[3])


def register(name, gauge, value=0.0):
    body = json.dumps({"microservice_id": pod, "name": name, "type": gauge, "value": value}).encode()
    request = urllib.request.Request(url + "/metrics", data=body, headers={"Content-Type": "application/json"})
    return json.load(urllib.request.urlopen(request, timeout=30))


segment, addresses = None, []
for i in range(count):
    gauge = i % 2 == 1
    answer = register(f"http_request_latency_{i}" if gauge else f"http_requests_total_{i}", gauge, 0.5)
    if segment is None:
        segment = shared_memory.SharedMemory(name=answer["shm_name"])
    addresses.append(answer["addr"])
print("registered", segment.name, len(set(addresses)), flush=True)

for line in sys.stdin:
    command, _, argument = line.strip().partition(" ")
    if command == "write":  # every metric its own value
        for i, address in enumerate(addresses):
            struct.pack_into("d", segment.buf, address, float(argument) + i)
    elif command == "add":  # one more, by name
        answer = register(argument, True, 0.25)
        addresses.append(answer["addr"])
        print("same segment" if answer["shm_name"].lstrip("/") == segment.name.lstrip("/") else "other segment", flush=True)
    elif command == "again":  # known names keep their addresses
        same = all(register(f"http_request_latency_{i}" if i % 2 else f"http_requests_total_{i}", i % 2 == 1)["addr"] == addresses[i] for i in range(count))
        print("same addresses" if same else "other addresses", flush=True)
    elif command == "end":
        break
    print("done", command, flush=True)
