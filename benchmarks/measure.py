#!/usr/bin/env python3
"""Runs every `microview bench` that docs/benchmarks.md shows and prints its tables in Markdown. Needs a quiet machine.

    benchmarks/measure.py [SECONDS]      seconds per command, 5 unless given
"""
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SECONDS = sys.argv[1] if len(sys.argv) > 1 else "5"

# CPU µs per pod vector (TH, FD) of the artifact's code, its stray debug line removed: numpy, one core of the same kind of machine.
ARTIFACT = {(1, 16): (17, 23), (1, 64): (29, 36), (1, 128): (37, 39), (1, 256): (49, 83), (8, 64): (24, 27), (32, 64): (21, 29)}
# CPU µs per row of its sketch when every row is absorbed.
ARTIFACT_UPDATE = {(64, 8, 8): 75, (256, 16, 16): 304, (100, 25, 10): 217, (100, 50, 12): 692}


def bench(*arguments):
    command = [os.path.join(ROOT, "microview"), "bench", *map(str, arguments), "--duration", SECONDS, "--json"]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def table(*rows):
    for index, row in enumerate(rows):
        print("| " + " | ".join(map(str, row)) + " |")
        if index == 0:
            print("|" + "---|" * len(row))
    print()


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def update():
    report = bench("update")
    table(("case", "ns/op", "best", "bytes/op"),
          *((f"`{c['name']}`", f"{c['ns_per_op']:.2f}", f"{c['best_ns_per_op']:.2f}", f"{c['allocated_bytes_per_op']:.2g}") for c in report["cases"]))
    return report


def read_loop():
    rows = [("pods × metrics", "none", "TH", "FD", "RFD", "VAE", "FD with `--update`", "RFD, scrapes/s", "the artifact's code, TH / FD", "FD, times faster")]
    for pods, metrics in [(1, 16), (1, 64), (1, 128), (1, 256), (8, 16), (8, 64), (8, 128), (8, 256), (32, 64), (256, 64), (2000, 64)]:
        runs = [bench("read-loop", "--pods", pods, "--metrics", metrics, "--model", model, *extra)
                for model, extra in [("none", ()), ("TH", ()), ("FD", ()), ("RFD", ()), ("VAE", ()), ("FD", ("--update",))]]
        peer = ARTIFACT.get((pods, metrics))
        rows.append((f"{pods} × {metrics}", *(number(run["ns_cpu_per_pod_vector"]) for run in runs), number(runs[3]["scrapes_per_second_per_lmap"]),
                     f"{peer[0]:,},000 / {peer[1]:,},000" if peer else "–", number(peer[1] * 1000 / runs[2]["ns_cpu_per_pod_vector"]) if peer else "–"))
    table(*rows)
    rows = [("metrics, ℓ, k", "ns per row", "the artifact's sketch alone", "times faster")]
    for (metrics, sketch, components), peer in ARTIFACT_UPDATE.items():
        run = bench("read-loop", "--pods", 8, "--metrics", metrics, "--sketch-rows", sketch, "--components", components, "--update")
        rows.append((f"{metrics}, {sketch}, {components}", number(run["ns_cpu_per_pod_vector"]), f"{peer:,},000", number(peer * 1000 / run["ns_cpu_per_pod_vector"])))
    table(*rows)


def export():
    rows = [("series", "fixed mix, µs CPU per series", "requests/s", "full precision, µs CPU per series", "requests/s")]
    for series in [512, 2048, 16384]:
        mix, full = bench("export", "--series", series)["cases"][:2]
        rows.append((f"{series:,}", f"{mix['us_cpu_per_series']:.3f}", number(mix["requests_per_second"]), f"{full['us_cpu_per_series']:.3f}", number(full["requests_per_second"])))
    table(*rows)


def register():
    report = bench("register", "--count", 10000)
    table(("way", "metrics/s", "best", "µs CPU per metric, client and agent"),
          *((name, number(report[f"{key}_metrics_per_second"]), number(report[f"best_{key}_metrics_per_second"]), number(report[f"{key}_us_cpu_per_metric"]))
            for name, key in [("socket, batches of 1,000", "socket"), ("REST, one by one", "rest")]))


def main():
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], stdout=subprocess.PIPE, text=True).stdout.strip()
    print("### update\n")
    machine = update()["machine"]
    print("### read-loop\n")
    read_loop()
    print("### export\n")
    export()
    print("### register\n")
    register()
    print(f"Commit {commit or 'unknown'}; {machine['cpu']}, cores {machine['cores_allowed']}, {machine['kernel']}, {machine['runtime']}.")


if __name__ == "__main__":
    main()
