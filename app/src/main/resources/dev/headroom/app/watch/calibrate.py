# Trains for three steps and then holds still, so that nvidia-smi can be read beside the allocator:
# once with what an MLP loads, once with convolutions (cuDNN). One JSON line per stage; a line on
# standard input lets it go on.
import json
import sys

try:
    import torch
except ImportError:
    sys.exit("PyTorch is not installed for " + sys.executable)
if not torch.cuda.is_available():
    sys.exit("torch " + torch.__version__ + " sees no CUDA device")


def train(net, x):
    net = net.cuda()
    optimizer = torch.optim.Adam(net.parameters())
    for _ in range(3):
        optimizer.zero_grad()
        out = net(x.cuda()).flatten(1)
        torch.nn.functional.cross_entropy(out, torch.zeros(len(x), dtype=torch.long).cuda()).backward()
        optimizer.step()
    torch.cuda.synchronize()


def tell(stage):
    major, minor = torch.cuda.get_device_capability()
    print(json.dumps({
        "stage": stage,
        "reservedBytes": torch.cuda.memory_reserved(),
        "computeCapability": "%d.%d" % (major, minor),
        "torch": torch.__version__,
    }), flush=True)
    sys.stdin.readline()


linear, relu = torch.nn.Linear, torch.nn.ReLU
train(torch.nn.Sequential(linear(256, 256), relu(), linear(256, 10)), torch.zeros(64, 256))
tell("linear")
conv = torch.nn.Conv2d
train(torch.nn.Sequential(conv(3, 16, 3), relu(), conv(16, 10, 30)), torch.zeros(64, 3, 32, 32))
tell("convolution")
