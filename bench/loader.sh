#!/usr/bin/env bash
# Images per second of the data loader, Headroom against PyTorch's DataLoader, in turn, in one run:
# CIFAR-10 in batches of 64, shuffled, random crop with 4 pixels of padding, random flip, normalized.
#
#   bench/loader.sh PYTHON DATA [ROUNDS]
#
# PYTHON: a python with torch and torchvision; DATA: a folder with cifar-10/. Nothing trains meanwhile.
set -euo pipefail
python=$1 data=$(realpath "$2") rounds=${3:-3}
cd "$(dirname "$0")/.."
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
[ -n "${SKIP_BUILD:-}" ] || mvn -B -ntp -q -Pbench -pl bench -am -DskipTests package dependency:build-classpath -Dmdep.outputFile=target/classpath
for _ in $(seq "$rounds"); do
  for workers in 1 2; do
    "${JAVA_HOME:+$JAVA_HOME/bin/}java" -XX:+UseSerialGC -cp "bench/target/classes:$(cat bench/target/classpath)" \
      dev.headroom.bench.LoaderPasses "$data" "$workers" 5 >> "$out/ours$workers"
  done
  for workers in 0 2; do
    "$python" bench/loader.py "$data/cifar-10" "$workers" 1 >> "$out/theirs$workers"
  done
done
"$python" - "$out" <<'PY'
import statistics, sys
read = lambda name: [float(line) for line in open(sys.argv[1] + "/" + name)]
ours, theirs = {w: read("ours%d" % w) for w in (1, 2)}, {w: read("theirs%d" % w) for w in (0, 2)}
text = lambda v: "%8.0f images/s (%.0f to %.0f)" % (statistics.median(v), min(v), max(v))
for w, v in ours.items():
    print("Headroom,   workers %d: %s" % (w, text(v)))
for w, v in theirs.items():
    print("DataLoader, workers %d: %s" % (w, text(v)))
for a in ours:
    for b in theirs:
        each = [x / y for x, y in zip(ours[a], theirs[b])]
        print("workers %d against %d: ratio %.1f (by round %s)" % (
            a, b, statistics.median(ours[a]) / statistics.median(theirs[b]), ", ".join("%.1f" % r for r in each)))
PY
