"""Images per second of torchvision's usual CIFAR-10 pipeline in a DataLoader.

loader.py FOLDER WORKERS PASSES: FOLDER holds data_batch_*.bin.gz. The first pass is not counted; prints the median of the others.
"""
import glob, gzip, os, statistics, sys, time
import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms


class Cifar(Dataset):
    """What torchvision.datasets.CIFAR10 does, from the binary layout."""

    def __init__(self, files, transform):
        raw = np.concatenate([np.frombuffer(gzip.open(f).read(), np.uint8).reshape(-1, 3073) for f in files])
        self.labels, self.images = raw[:, 0].tolist(), raw[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1).copy()
        self.transform = transform

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return self.transform(Image.fromarray(self.images[i])), self.labels[i]


if __name__ == "__main__":
    folder, workers, passes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    torch.set_num_threads(1)
    data = Cifar(sorted(glob.glob(os.path.join(folder, "data_batch_*.bin.gz"))), transforms.Compose([
        transforms.RandomCrop(32, padding=4), transforms.RandomHorizontalFlip(), transforms.ToTensor(),
        transforms.Normalize((0.5,) * 3, (0.5,) * 3)]))
    speeds = []
    for _ in range(passes + 1):
        start, seen = time.perf_counter(), 0
        for x, y in DataLoader(data, batch_size=64, shuffle=True, num_workers=workers):
            seen += len(y)
        speeds.append(seen / (time.perf_counter() - start))
    print(statistics.median(speeds[1:]))
