"""A client of the Python artifact: registers metrics by REST, maps the segment once, writes doubles at the answers' addresses."""
import json, struct, sys, time, urllib.request
from multiprocessing import shared_memory

url, pod, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
segment, addresses = None, []
for i in range(count):
    gauge = i % 2 == 1
    name = f"http_request_latency_{i}" if gauge else f"http_requests_total_{i}"
    body = json.dumps({"microservice_id": pod, "name": name, "type": gauge, "value": 0.5}).encode()
    request = urllib.request.Request(url + "/metrics", data=body, headers={"Content-Type": "application/json"})
    answer = json.load(urllib.request.urlopen(request))
    if segment is None:
        segment = shared_memory.SharedMemory(name=answer["shm_name"])
    addresses.append(answer["addr"])
for i, address in enumerate(addresses):
    struct.pack_into("d", segment.buf, address, 1000.25 + i)
print("written", flush=True)
sys.stdin.readline()
