#!/usr/bin/env bash
# Training steps per second, Headroom against PyTorch's Python, in turn, in one run.
#
#   bench/train_step.sh PYTHON PEERS [MODELS] [THREADS] [PAIRS] [SECONDS]
#
# PYTHON: a python with torch and torchvision; PEERS: the folder that holds train_step.py;
# MODELS, THREADS: lists such as "resnet18 gpt" and "1 2". Both sides get the passive wait policy.
# Then steps per second and peak with --checkpoint blocks beside none, ours alone.
set -euo pipefail
python=$1 peers=$2 models=${3:-resnet18 gpt resnet50 vit_b_16} threads=${4:-1 2} pairs=${5:-3} seconds=${6:-1.5}
cd "$(dirname "$0")/.."
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
export OMP_WAIT_POLICY=passive
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE
[ -n "${SKIP_BUILD:-}" ] || mvn -B -ntp -q -Pbench -pl bench -am -DskipTests package dependency:build-classpath -Dmdep.outputFile=target/classpath
ours() {
  "${JAVA_HOME:+$JAVA_HOME/bin/}java" --enable-native-access=ALL-UNNAMED -Dorg.bytedeco.javacpp.maxPhysicalBytes=0 \
    -Dorg.bytedeco.javacpp.maxBytes=0 -XX:+UseSerialGC -cp "bench/target/classes:$(cat bench/target/classpath)" \
    dev.headroom.bench.TrainStep "$@"
}
for model in $models; do
  for n in $threads; do
    for _ in $(seq "$pairs"); do
      ours "$model" "$n" "$seconds" 3 none >> "$out/ours"
      "$python" "$peers/train_step.py" --models "$model" --threads "$n" --seconds "$seconds" 2>/dev/null | tail -1 >> "$out/theirs"
    done
    "$python" - "$out" "$model" "$n" <<'PY'
import json, statistics, sys
out, model, n = sys.argv[1:]
ours = [json.loads(l) for l in open(out + "/ours")]
theirs = [json.loads(l) for l in open(out + "/theirs")]
a = [o["steps_per_s"] for o in ours if o["model"] == model and o["threads"] == int(n)]
b = [t["models"][model]["steps_per_s"] for t in theirs if model in t["models"] and t["threads"] == int(n)]
print("%-9s %s threads: headroom %.2f steps/s, PyTorch %.2f, ratio %.3f (pairs %s)" % (
    model, n, statistics.median(a), statistics.median(b), statistics.median(a) / statistics.median(b),
    " ".join("%.3f" % (x / y) for x, y in zip(a, b))), flush=True)
PY
  done
done
for what in none blocks none blocks; do ours gpt 1 "$seconds" 3 "$what"; done
