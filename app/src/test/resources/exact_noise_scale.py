"""The simple noise scale of saved weights over a whole training set, from per-example gradients (needs torch)."""
import gzip, json, sys
import numpy as np
import torch
import torch.nn.functional as F

weights, folder = sys.argv[1:]
torch.set_num_threads(1)
raw = open(weights, "rb").read()
n = int.from_bytes(raw[:8], "little")
head = json.loads(raw[8:8 + n])


def tensor(name):
    a, b = head[name]["data_offsets"]
    return torch.from_numpy(np.frombuffer(raw[8 + n + a:8 + n + b], np.float32).reshape(head[name]["shape"]).copy()).double()


def idx(name, skip):
    return np.frombuffer(gzip.open(folder + "/" + name).read(), np.uint8, offset=skip)


w1, b1, w2, b2 = (tensor(k) for k in ("fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"))
images = idx("train-images-idx3-ubyte.gz", 16).reshape(-1, 784)
labels = torch.from_numpy(idx("train-labels-idx1-ubyte.gz", 8).astype("int64"))
squares, total = 0.0, None
for i in range(0, len(images), 5000):
    x = (torch.from_numpy(images[i:i + 5000].astype("float64")) / 255 - 0.1307) / 0.3081
    h = torch.relu(x @ w1.T + b1)
    d2 = torch.softmax(h @ w2.T + b2, 1) - F.one_hot(labels[i:i + 5000], 10)
    d1 = (d2 @ w2) * (h > 0)
    # One example's gradient of a linear layer is an outer product: its norm is the product of two norms.
    squares += float(((d2 ** 2).sum(1) * ((h ** 2).sum(1) + 1) + (d1 ** 2).sum(1) * ((x ** 2).sum(1) + 1)).sum())
    part = [d1.T @ x, d1.sum(0), d2.T @ h, d2.sum(0)]
    total = part if total is None else [a + b for a, b in zip(total, part)]
count = len(images)
g2 = sum(float(((t / count) ** 2).sum()) for t in total)
print((squares / count - g2) / g2)
