"""Images per second of torchvision's usual CIFAR-10 pipeline in a DataLoader; prints one line per number of workers."""
import gzip, sys, time
import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms


class Cifar(Dataset):
    def __init__(self, file, transform, count):
        raw = np.frombuffer(gzip.open(file).read(), np.uint8).reshape(-1, 3073)[:count]
        self.labels, self.images = raw[:, 0].astype("int64"), raw[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1).copy()
        self.transform = transform

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return self.transform(Image.fromarray(self.images[i])), int(self.labels[i])


if __name__ == "__main__":
    torch.set_num_threads(1)
    data = Cifar(sys.argv[1], transforms.Compose([
        transforms.RandomCrop(32, padding=4), transforms.RandomHorizontalFlip(), transforms.ToTensor(),
        transforms.Normalize((0.5,) * 3, (0.5,) * 3)]), int(sys.argv[2]))
    for workers in (0, 2):
        start, seen = time.perf_counter(), 0
        for x, y in DataLoader(data, batch_size=64, shuffle=True, num_workers=workers):
            seen += len(y)
        print(workers, seen / (time.perf_counter() - start), flush=True)
