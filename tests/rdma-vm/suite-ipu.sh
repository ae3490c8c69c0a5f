rdma-suite run --peer 10.9.0.1 --own 10.9.0.2 --shell 10.9.0.1:9999 --end-machine yes
