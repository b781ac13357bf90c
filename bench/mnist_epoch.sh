#!/usr/bin/env bash
# One MNIST epoch as a whole process: Headroom against PyTorch scripts, in turn, in one run.
#
#   bench/mnist_epoch.sh PYTHON PEERS DATA [RUNS]
#
# PYTHON: a python with torch; PEERS: the folder that holds mnist_epoch.py; DATA: a folder with mnist/.
# Prints hyperfine's table and the ratios; both sides get one thread and the passive wait policy.
set -euo pipefail
python=$1 peers=$2 data=$3 runs=${4:-5}
here=$(cd "$(dirname "$0")/.." && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
export OMP_WAIT_POLICY=passive
# A machine may pin OpenBLAS to an older kernel for other software; both sides run without that here.
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE

ours="$here/headroom train mlp --data mnist --data-dir $data --batch 64 --optimizer adam --optimizer-impl fused --epochs 1 --threads 1 --quiet --json"
tensor="$python $peers/mnist_epoch.py --data $data --tensor --no-data-pass --epochs 1 --threads 1 --batch 64"
loader="$python $peers/mnist_epoch.py --data $data --no-data-pass --epochs 1 --threads 1 --batch 64"
plan="$here/headroom plan mlp --data mnist --batch 64 --optimizer adam"

$ours > "$out/ours.json"
$tensor | tail -1 > "$out/tensor.json"
hyperfine --warmup 1 --runs "$runs" --export-json "$out/whole.json" \
  -n headroom "$ours" -n tensor "$tensor" -n plan "$plan"
hyperfine --runs 1 --export-json "$out/loader.json" -n dataloader "$loader"
for i in $(seq "$runs"); do
  $ours >> "$out/ours.all"
  $tensor | tail -1 >> "$out/tensor.all"
done
"$python" - "$out" <<'PY'
import json, re, statistics, sys
out = sys.argv[1]
whole = {r["command"]: r["median"] for r in json.load(open(out + "/whole.json"))["results"]}
loader = json.load(open(out + "/loader.json"))["results"][0]["median"]
ours = [float(x) for x in re.findall(r'"imagesPerSecond" : ([0-9.eE+]+)', open(out + "/ours.all").read())]
accuracy = re.findall(r'"accuracy" : ([0-9.]+)', open(out + "/ours.json").read())
theirs = [json.loads(line) for line in open(out + "/tensor.all")]
key = next(k for k in theirs[0] if "samples_per_s" in k or k == "samples_s")
peer = [t[key] for t in theirs]
print("whole process, median: headroom %.2f s, tensor script %.2f s, DataLoader script %.2f s" % (whole["headroom"], whole["tensor"], loader))
print("ratio to the tensor script %.2f, to the DataLoader script %.1f" % (whole["tensor"] / whole["headroom"], loader / whole["headroom"]))
print("samples/s, median: headroom %.0f, tensor script %.0f, ratio %.2f" % (statistics.median(ours), statistics.median(peer), statistics.median(ours) / statistics.median(peer)))
print("plan as a whole process: %.3f s; test accuracy %s" % (whole["plan"], accuracy))
PY
