echo '$ microview host --rdma-queues 1 --listen 10.9.0.1 --collectors 10.9.0.2'
microview host --rdma-queues 1 --listen 10.9.0.1 --collectors 10.9.0.2 &
sleep 2
echo '$ microview generate --debug --num-metrics 16 --update-metrics'
# It prints a line for each update: one a second is enough to watch, and a pipe that is read more slowly would hold it up.
microview generate --debug --num-metrics 16 --update-metrics >/tmp/generate.log 2>&1 &
for second in $(seq 30); do sleep 1; tail -n 1 /tmp/generate.log; done
