until wget -q -O /dev/null http://10.9.0.1:5000/health 2>/dev/null; do sleep 0.5; done
echo '$ microview doctor --control-plane 10.9.0.1:5000'
microview doctor --control-plane 10.9.0.1:5000 | tail -n 6
sleep 2
echo '$ microview nic --control-plane 10.9.0.1:5000 --dev rxe0 --gid 1 --ib-port 1 --test read_loop --debug'
microview nic --control-plane 10.9.0.1:5000 --dev rxe0 --gid 1 --ib-port 1 --test read_loop --debug --duration 15 2>&1
