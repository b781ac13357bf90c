#!/usr/bin/env bash
# One MNIST epoch as a whole process: Headroom against PyTorch scripts, in turn, in one run.
#
#   bench/mnist_epoch.sh PYTHON PEERS DATA [ROUNDS]
#
# PYTHON: a python with torch; PEERS: the folder that holds mnist_epoch.py; DATA: a folder with mnist/.
# Each round runs every command once, so that all of them meet the same weather. Prints the medians
# and the ratios; both sides get one thread and the passive wait policy.
set -euo pipefail
python=$1 peers=$2 data=$3 rounds=${4:-5}
here=$(cd "$(dirname "$0")/.." && pwd)
export OMP_WAIT_POLICY=passive
# A machine may pin OpenBLAS to an older kernel for other software; both sides run without that here.
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE

"$python" - "$here/headroom" "$python" "$peers/mnist_epoch.py" "$data" "$rounds" <<'PY'
import json, statistics, subprocess, sys, time
headroom, python, script, data, rounds = sys.argv[1:5] + [int(sys.argv[5])]
peer = [python, script, "--data", data, "--epochs", "1", "--threads", "1", "--batch", "64"]
commands = {
    "headroom": [headroom, "train", "mlp", "--data", "mnist", "--data-dir", data, "--batch", "64", "--optimizer",
                 "adam", "--optimizer-impl", "fused", "--epochs", "1", "--threads", "1", "--quiet", "--json"],
    "tensor": peer + ["--tensor", "--no-data-pass"],
    "dataloader": peer + ["--no-data-pass"],
    "dataloader with its data-only pass": peer,
    "plan": [headroom, "plan", "mlp", "--data", "mnist", "--batch", "64", "--optimizer", "adam"],
}

def run(command):
    start = time.perf_counter()
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return time.perf_counter() - start, out

# The first runs build, fill the file cache and record the start-up cache.
run(commands["headroom"]), run(commands["plan"]), time.sleep(20), run(commands["tensor"])
wall, speed, accuracy = {n: [] for n in commands}, {n: [] for n in commands}, {}
for _ in range(rounds):
    for name, command in commands.items():
        seconds, out = run(command)
        wall[name].append(seconds)
        if name == "headroom":
            result = json.loads(out)
            speed[name].append(result["imagesPerSecond"])
            accuracy[name] = result["test"]["accuracy"]
        elif name != "plan":
            result = json.loads(out.splitlines()[-1])
            speed[name].append(result["samples_per_s"])
            accuracy[name] = result["test_accuracy"]
ours = statistics.median(wall["headroom"])
for name in commands:
    each = [s / h for s, h in zip(wall[name], wall["headroom"])]
    print("%-36s whole process %6.3f s (%.3f to %.3f), ratio %5.2f (by round %.2f to %.2f)" % (
        name, statistics.median(wall[name]), min(wall[name]), max(wall[name]),
        statistics.median(wall[name]) / ours, min(each), max(each)))
    if speed[name]:
        print("%-36s %d samples/s, ratio %.2f; test accuracy %.4f" % (
            "", statistics.median(speed[name]), statistics.median(speed["headroom"]) / statistics.median(speed[name]),
            accuracy[name]))
PY
