"""Exports the networks of unseen_networks.py and records what PyTorch allocates in three training steps of each.
usage: record_unseen.py OUTDIR [network ...]     (Python with PyTorch 2.10 and torchvision; never part of the build)

OUTDIR/NAME.pt2, and OUTDIR/NAME.RUN.json.gz for each run: `plain` without oneDNN, `onednn` with it, `bf16` under autocast
without it; with an x of the exported module. events: [iteration, phase, bytes, profiler's ranges, scratch of a convolution]."""
import sys, os, json, gzip, warnings, contextlib, weakref, gc
os.environ.setdefault('KINETO_LOG_LEVEL', '99'); warnings.filterwarnings('ignore')
import torch, unseen_networks as nets
from torch.profiler import profile, ProfilerActivity
from torch.autograd.profiler import record_function as rf
STEPS = 3
CONV = ('aten::convolution', 'aten::convolution_backward', 'aten::mkldnn_convolution')
class Kept:
    def __init__(self, t): self.tensor = t
def nb(t): return t.untyped_storage().nbytes()
def key(t): return t.untyped_storage()._cdata

def train(model, opt, name, x, y, autocast):
    out = loss = None
    for step in range(STEPS):
        with rf(f'@step {step}'):
            with rf('@zero_grad'): opt.zero_grad()
            if autocast: ac = torch.autocast('cpu', dtype=torch.bfloat16); ac.__enter__()
            with rf('@forward'): out = model(*x)
            with rf('@loss'): loss = nets.loss_fn(name, out, y)
            if autocast:
                with rf('@autocast_exit'): ac.__exit__(None, None, None)
            with rf('@backward'): loss.backward()
            with rf('@optimizer'): opt.step()
    return out, loss

def collect(prof):
    raw = []
    names = ('zero_grad', 'forward', 'loss', 'backward', 'optimizer', 'autocast_exit')
    def walk(e, step, ph, path, conv):
        x = e.extra_fields
        if type(x).__name__ == '_ExtraFields_Allocation':
            raw.append((e.start_time_ns, len(raw), step, ph, path, x.alloc_size, x.ptr, conv)); return
        n = e.name
        if n.startswith('@step '): step = int(n[6:])
        elif n.startswith('@') and n[1:] in names: ph = n[1:]
        else:
            path = path + (n,)
            if n in CONV and conv is None: conv = e.start_time_ns
        for c in e.children: walk(c, step, ph, path, conv)
    for r in sorted(prof.profiler.kineto_results.experimental_event_tree(), key=lambda e: e.start_time_ns): walk(r, -1, '', (), None)
    raw.sort(key=lambda r: (r[0], r[1]))
    live, events = {}, []
    for _, _, step, ph, path, size, ptr, conv in raw:
        e = [step + 1, {'autocast_exit': 'loss'}.get(ph, ph), size, '>'.join(path), False]
        if size > 0: live[ptr] = (e, conv)
        else:
            b = live.pop(ptr, None)
            if b is None: continue
            if conv is not None and b[1] == conv: e[4] = b[0][4] = True
        events.append(e)
    return [e for e in events if e[0] > 0]

def peaks(events, base, skip):
    live, out = base, []
    for s in (1, 2, 3):
        p = live
        for e in events:
            if e[0] == s and not (skip and e[4]): live += e[2]; p = max(p, live)
        out.append(p)
    return out, live

def plain(module):
    """Without what indexing by ':' leaves behind in an export: Python makes no such call."""
    for n in list(module.graph.nodes):
        if n.target == torch.ops.aten.slice.Tensor and len(n.args) == 4 and n.args[2] == 0 and n.args[3] == 2 ** 63 - 1 and not n.kwargs:
            n.replace_all_uses_with(n.args[0]); module.graph.erase_node(n)
    module.recompile()
    return module

def run(out, name, batch, onednn, autocast, exported):
    torch.set_num_threads(1)
    if not onednn: torch.backends.mkldnn.set_flags(False)
    if exported:
        model = plain(torch.export.load(f'{out}/{name}.pt2').module())
    else: model = nets.build(name)
    x = nets.inputs(name, batch)
    with torch.no_grad(): y = nets.target(name, model(*x))
    params = []
    for p in model.parameters(): params.append(p)
    opt = torch.optim.Adam(params, lr=1e-3)
    uniq = {}
    buffers = list(model.buffers()) if not exported else [b for n, b in model.named_buffers() if 'lifted' not in n]
    for t in [*params, *buffers, *x, *([y] if y is not None else [])]: uniq[key(t)] = nb(t)
    base = sum(uniq.values())
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as prof: o, l = train(model, opt, name, x, y, autocast)
    events = collect(prof); del o, l
    packed = []
    def pack(t):
        k = Kept(t); packed.append(weakref.ref(k)); return k
    with torch.autocast('cpu', dtype=torch.bfloat16) if autocast else contextlib.nullcontext():
        with torch.autograd.graph.saved_tensors_hooks(pack, lambda k: k.tensor): out = model(*x); loss = nets.loss_fn(name, out, y)
    gc.collect(); hooked = {key(k().tensor): nb(k().tensor) for k in packed if k() is not None}
    saved = sum(n for k, n in hooked.items() if k not in uniq)
    p, end = peaks(events, base, False); q, _ = peaks(events, base, True)
    return {'saved': saved, 'peaks': p, 'peaks_without_convolution_scratch': q, 'base': base, 'events': events, 'params': sum(nb(t) for t in {key(t): t for t in params}.values())}

def export(out, name):
    x = nets.inputs(name, 4); batch = torch.export.Dim('batch')
    shapes = tuple({0: batch} for _ in x) if nets.N[name][3] else None
    torch.export.save(torch.export.export(nets.build(name), x, dynamic_shapes=shapes, strict=False), f'{out}/{name}.pt2')

RUNS = {'plain': (False, False), 'onednn': (True, False), 'bf16': (False, True)}

if __name__ == '__main__':
    out, names = sys.argv[1], sys.argv[2:] or list(nets.N)
    os.makedirs(out, exist_ok=True)
    for name in names:
        export(out, name)
        for label, (onednn, autocast) in RUNS.items():
            for exported in (False, True):
                pid = os.fork()                          # each in a process of its own: oneDNN's flag stays
                if pid:
                    if os.waitpid(pid, 0)[1]: sys.exit(f'{name} {label} failed')
                    continue
                batch = 6 if nets.N[name][3] else 4
                r = run(out, name, batch, onednn, autocast, exported); r['batch'] = batch
                with gzip.open(f'{out}/{name}.{label}{"x" if exported else ""}.json.gz', 'wt') as file: json.dump(r, file)
                print(name, label, 'exported module' if exported else 'eager', r['saved'], r['peaks'], flush=True)
                os._exit(0)
