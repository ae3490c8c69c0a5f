echo '$ microview host --rdma-queues 1 --listen 10.9.0.1 --collectors 10.9.0.2'
microview host --rdma-queues 1 --listen 10.9.0.1 --collectors 10.9.0.2 &
sleep 2
echo '$ microview generate --debug --num-metrics 16 --update-metrics'
microview generate --debug --num-metrics 16 --update-metrics | while read -r line; do echo "$line"; sleep 1; done &
sleep 30
