"""Idle until told to go, then burns a core until killed. Prints when it began (CLOCK_MONOTONIC, ns)."""
import select, sys, time

print("idle", flush=True)
while not select.select([sys.stdin], [], [], 0.25)[0]:  # wakes up now and then, as idle services do
    pass
sys.stdin.readline()
print("burning", time.monotonic_ns(), flush=True)
while True:
    pass
