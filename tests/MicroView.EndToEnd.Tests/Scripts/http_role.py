"""Asks an agent's HTTP interface as whoever runs this: URL [TOKEN]. One line per request: method, path, status."""
import json, sys, urllib.error, urllib.request

url, token = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None
post = json.dumps({"microservice_id": "role", "name": "m", "type": True, "value": 1}).encode()
for method, path, body, accept in [
    ("GET", "/rdma/qps", None, "*/*"), ("GET", "/rdma/qp/0", None, "*/*"), ("POST", "/rdma/qp/0/connect", b"{}", "*/*"),
    ("POST", "/rdma/qps/connect", b'{"queue_pairs":[]}', "*/*"), ("GET", "/rdma/mrs", None, "*/*"),
    ("GET", "/metrics", None, "application/json"), ("GET", "/v1/layout", None, "*/*"), ("GET", "/v1/pods", None, "*/*"),
    ("GET", "/v1/pods/victim", None, "*/*"), ("DELETE", "/v1/pods/victim", None, "*/*"), ("POST", "/metrics", post, "*/*"),
    ("GET", "/health", None, "*/*"), ("GET", "/livez", None, "*/*"), ("GET", "/readyz", None, "*/*"), ("GET", "/metrics", None, "text/plain"),
]:
    headers = {"Accept": accept, "Content-Type": "application/json", **({"Authorization": "Bearer " + token} if token else {})}
    try:
        status = urllib.request.urlopen(urllib.request.Request(url + path, data=body, method=method, headers=headers), timeout=30).status
    except urllib.error.HTTPError as error:
        status = error.code
    print(method, path, accept, status, flush=True)
