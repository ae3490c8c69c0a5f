exec rdma-suite shell --listen 10.9.0.1:9999
