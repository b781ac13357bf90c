"""Records what PyTorch allocates in three training steps on CUDA, without a GPU.
usage: record_cuda_fake.py OUTDIR     (Python with PyTorch 2.10; never part of the build)

Fake tensors on device cuda: dispatcher, autograd and the choice of kernels are the real ones, kernels
do not run. The loop and the format are those of the shared oracle's cuda_fake. Autograd's engine asks
the driver about the device, so a stub that answers is compiled (gcc) and preloaded first."""
import gc, gzip, json, os, subprocess, sys, tempfile, weakref

RUNTIME = '''
int cudaGetDeviceCount(int *n) { *n = 1; return 0; }
int cudaGetDevice(int *d) { *d = 0; return 0; }
int cudaSetDevice(int d) { return 0; }
int cudaDeviceGetStreamPriorityRange(int *a, int *b) { *a = 0; *b = -5; return 0; }
int cudaDriverGetVersion(int *v) { *v = 12080; return 0; }
int cudaGetDeviceProperties_v2(char *p, int d) { for (int i = 0; i < 1032; i++) p[i] = 0; *(int *) (p + 308) = 32; *(int *) (p + 360) = 8; *(int *) (p + 388) = 108; return 0; }
'''

def preload():
    """Starts this script again with a driver that knows one device and no context."""
    import importlib.util
    torch_lib = os.path.join(os.path.dirname(importlib.util.find_spec('torch').origin), 'lib')
    names = subprocess.run(['nm', '-D', '--undefined-only', os.path.join(torch_lib, 'libcaffe2_nvrtc.so')], capture_output=True, text=True, check=True).stdout
    names = sorted({w.split('@')[0] for w in names.split() if w.startswith('cu') and w[2:3].isupper()})
    driver = ''.join(f'int {n}(int d, unsigned *f, int *a) {{ *f = 0; *a = 0; return 0; }}\n' if n == 'cuDevicePrimaryCtxGetState'
                     else f'int {n}(void) {{ return 999; }}\n' for n in names)
    folder = tempfile.mkdtemp()
    for name, code in (('libstub.so', RUNTIME), ('libcuda.so.1', driver)):
        source = os.path.join(folder, name + '.c')
        open(source, 'w').write(code)
        subprocess.run(['gcc', '-w', '-shared', '-fPIC', f'-Wl,-soname,{name}', '-o', os.path.join(folder, name), source], check=True)
    env = dict(os.environ, LD_PRELOAD=os.path.join(folder, 'libstub.so'), LD_LIBRARY_PATH=folder)
    os.execve(sys.executable, [sys.executable, *sys.argv], env)

if 'libstub' not in os.environ.get('LD_PRELOAD', ''): preload()
import torch, torch.nn as nn, torch.nn.functional as F
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

import torch._subclasses.fake_tensor as fake_tensor
fake_tensor.init_gpu_context = lambda device: None
WIDTHS = [784, 300, 120]
ACTIVATIONS = {
    'relu': nn.ReLU, 'prelu': nn.PReLU, 'selu': nn.SELU, 'gelu': nn.GELU, 'mish': nn.Mish, 'softplus': nn.Softplus,
    'tanh': nn.Tanh, 'silu': nn.SiLU, 'elu': nn.ELU, 'leakyrelu': nn.LeakyReLU, 'sigmoid': nn.Sigmoid,
    'hardswish': nn.Hardswish, 'logsigmoid': nn.LogSigmoid, 'relu6': nn.ReLU6, 'celu': nn.CELU, 'softsign': nn.Softsign}

def mlp(activation, norm=False, dropout=0.0, softmax=False):
    layers = []
    for a, b in zip(WIDTHS, WIDTHS[1:]):
        layers.append(nn.Linear(a, b))
        if norm: layers.append(nn.BatchNorm1d(b))
        layers.append(ACTIVATIONS[activation]())
        if dropout: layers.append(nn.Dropout(dropout))
    layers.append(nn.Linear(WIDTHS[-1], 10))
    if softmax: layers.append(nn.Softmax(dim=1))
    return nn.Sequential(*layers)

CASES = {f'mlp_{a}': lambda a=a: mlp(a) for a in ACTIVATIONS}
CASES['mlp_bn_relu_dropout'] = lambda: mlp('relu', True, 0.3)
CASES['mlp_bn_prelu'] = lambda: mlp('prelu', True)
CASES['mlp_relu_softmax'] = lambda: mlp('relu', softmax=True)
CASES['mlp_bn_gelu_dropout_softmax'] = lambda: mlp('gelu', True, 0.5, True)
# of these networks also: gradients kept through forward, and layers that are not trained
KEEP = ['mlp_relu', 'mlp_bn_relu_dropout']
FROZEN = [('mlp_relu', '0'), ('mlp_relu', '2'), ('mlp_bn_prelu', '0,1'), ('mlp_bn_prelu', '3'), ('mlp_bn_relu_dropout', '8')]

class Recorder(TorchDispatchMode):
    def __init__(self):
        super().__init__()
        self.known, self.events, self.ops, self.phases, self.op, self.live = {}, [], [], [], '', True
    def at(self, step, name):
        gc.collect(); self.phases.append([step, name])
    def index(self, op):
        if op not in self.ops: self.ops.append(op)
        return self.ops.index(op)
    def see(self, t, log=True):
        s = t.untyped_storage(); k = s._cdata
        if k in self.known: return
        cuda, n = int(t.device.type == 'cuda'), s.nbytes()
        block = len(self.known_ever); self.known_ever.append(k)
        self.known[k] = block
        if log: self.events.append([len(self.phases) - 1, self.index(self.op), n, block, cuda])
        def gone():
            self.known.pop(k, None)
            if log and self.live: self.events.append([len(self.phases) - 1, self.index(self.op), -n, block, cuda])
        weakref.finalize(s, gone)
    known_ever = []
    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.op = str(func)
        out = func(*args, **(kwargs or {}))
        for t in tree_leaves(out):
            if isinstance(t, torch.Tensor): self.see(t)
        return out

def nb(t): return t.untyped_storage().nbytes()

def run(name, out, batch=64, set_to_none=True, frozen=''):
    Recorder.known_ever = []
    with FakeTensorMode(allow_non_fake_inputs=True), torch.autograd.set_multithreading_enabled(False):
        with torch.device('cuda'):
            number = torch.tensor
            torch.tensor = lambda value, **kw: torch.zeros((), dtype=torch.long)   # a batch norm's counter
            model = CASES[name]().train()
            torch.tensor = number
            for layer in filter(None, frozen.split(',')): model.get_submodule(layer).requires_grad_(False)
            x = torch.randn(batch, WIDTHS[0]); y = torch.randint(0, 10, (batch,))
        opt = torch.optim.Adam(model.parameters(), foreach=True)
        rec = Recorder()
        for t in [*model.parameters(), *model.buffers(), x, y]: rec.see(t, log=False)
        hooked, keep = {}, []
        def pack(t): keep.append(t); hooked[t.untyped_storage()._cdata] = nb(t); return t
        with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
            o = model(x); l = F.cross_entropy(o, y)
        skip = {t.untyped_storage()._cdata for t in [*model.parameters(), *model.buffers(), x, y]}
        saved = sum(n for k, n in hooked.items() if k not in skip)
        del o, l; keep.clear(); hooked.clear(); gc.collect()
        o = l = None
        with rec:
            for step in range(3):
                rec.at(step, 'zero_grad'); opt.zero_grad(set_to_none=set_to_none)
                rec.at(step, 'forward'); o = model(x)
                rec.at(step, 'loss'); l = F.cross_entropy(o, y)
                rec.at(step, 'backward'); l.backward()
                rec.at(step, 'optimizer'); opt.step()
        rec.live = False
        base = sum(nb(t) for t in [*model.parameters(), *model.buffers(), x, y])
        spec = []
        for m in model:
            n = type(m).__name__
            spec.append([n, m.out_features] if n == 'Linear' else [n, m.p] if n == 'Dropout' else [n])
    live, peaks = base, []
    for step in range(3):
        peak = live
        for e in rec.events:
            if rec.phases[e[0]][0] == step and e[4]: live += e[2]; peak = max(peak, live)
        peaks.append(peak)
    case = f'{name}-b{batch}-adam' + ('' if set_to_none else '-keepgrads') + ('-frozen-' + frozen.replace(',', '+') if frozen else '')
    J = {'format': 'headroom-oracle-cuda-fake/1', 'case': case, 'model': name, 'layers': spec, 'inputs': WIDTHS[0], 'batch': batch, 'optimizer': 'adam', 'optimizer_foreach': True, 'precision': 'fp32',
         'torch': torch.__version__, 'emulated_sm': '80', 'bytes': {'base': base},
         'saved_for_backward': {'activation_bytes': saved, 'node_counts': {}}, 'steps': [{'step': i, 'peak': {'bytes': p}} for i, p in enumerate(peaks)]}
    if not set_to_none: J['set_to_none'] = False
    if frozen: J['frozen'] = frozen.split(',')
    E = {'format': 'headroom-oracle-cuda-fake-events/1', 'case': case, 'phase_columns': ['step', 'phase'], 'phases': rec.phases, 'ops': rec.ops,
         'event_columns': ['phase_index', 'op_index', 'delta_bytes', 'block_id', 'on_cuda'], 'events': rec.events}
    os.makedirs(out, exist_ok=True)
    json.dump(J, open(os.path.join(out, case + '.json'), 'w'), separators=(',', ':'))
    with gzip.GzipFile(os.path.join(out, case + '.events.json.gz'), 'wb', mtime=0) as g: g.write(json.dumps(E, separators=(',', ':')).encode())
    print(case, saved, peaks, len(rec.events))

if __name__ == '__main__':
    for name in CASES: run(name, sys.argv[1])
    for name in KEEP: run(name, sys.argv[1], set_to_none=False)
    for name, frozen in FROZEN: run(name, sys.argv[1], frozen=frozen)
