"""Records the importers' unseen networks on device cuda with fake tensors, as record_cuda_fake.py does stacks of layers.
usage: record_cuda_unseen.py OUTDIR [network ...]     (Python with PyTorch 2.10 and torchvision; never part of the build)"""
import contextlib, gc, gzip, json, os, sys, warnings, weakref
warnings.filterwarnings('ignore')
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, '../../../../importers/src/test/python')]
from record_cuda_fake import Recorder, FakeTensorMode, torch, nb, F
import unseen_networks as nets
def run(n, out, batch, autocast=False):
    Recorder.known_ever = []
    with FakeTensorMode(allow_non_fake_inputs=True) as fm, torch.autograd.set_multithreading_enabled(False):
        torch.manual_seed(0)
        with torch.device('cuda'):
            number = torch.tensor
            torch.tensor = lambda value, **kw: torch.zeros((), dtype=torch.long) if value == 0 else number(value, **kw)
            model = nets.N[n][0]()
            torch.tensor = number
            model.train()
            x = nets.inputs(n, batch, 'cuda')
            if any(isinstance(p, torch.nn.parameter.UninitializedParameter) for p in model.parameters()): model(*x)
            with torch.no_grad(): y = nets.target(n, model(*x), 'cuda')
        ys = [] if y is None else [y]
        opt = torch.optim.Adam(model.parameters(), foreach=True)
        rec = Recorder()
        own = [*model.parameters(), *model.buffers(), *x, *ys]
        for t in own: rec.see(t, log=False)
        class Kept:
            def __init__(self, t): self.t = t
        packed = []
        def pack(t): k = Kept(t); packed.append(weakref.ref(k)); return k
        cm = lambda: torch.autocast('cuda', dtype=torch.bfloat16) if autocast else contextlib.nullcontext()
        with cm():
            with torch.autograd.graph.saved_tensors_hooks(pack, lambda k: k.t):
                o = model(*x); l = nets.loss_fn(n, o, y)
        gc.collect()
        skip = {t.untyped_storage()._cdata for t in own}
        hooked = {k().t.untyped_storage()._cdata: nb(k().t) for k in packed if k() is not None}
        saved = sum(v for k, v in hooked.items() if k not in skip)
        counts = {}
        st, seen = [l.grad_fn], set()
        while st:
            g = st.pop()
            if g is None or g in seen: continue
            seen.add(g); counts[g.name()] = counts.get(g.name(), 0) + 1; st += [h for h, _ in g.next_functions]
        del st, seen, g
        del o, l; packed.clear(); hooked.clear(); gc.collect()
        o = l = None
        with rec:
            for step in range(3):
                rec.at(step, 'zero_grad'); opt.zero_grad()
                ac = cm(); ac.__enter__()
                rec.at(step, 'forward'); o = model(*x)
                rec.at(step, 'loss'); l = nets.loss_fn(n, o, y)
                rec.at(step, 'autocast_exit'); ac.__exit__(None, None, None)
                rec.at(step, 'backward'); l.backward()
                rec.at(step, 'optimizer'); opt.step()
        rec.live = False
        base = sum({t.untyped_storage()._cdata: nb(t) for t in own}.values())
    live, peaks = base, []
    for step in range(3):
        peak = live
        for e in rec.events:
            if rec.phases[e[0]][0] == step and e[4]: live += e[2]; peak = max(peak, live)
        peaks.append(peak)
    case = f'{n}-b{batch}-adam' + ('-bf16autocast' if autocast else '')
    J = {'format': 'headroom-oracle-cuda-fake/1', 'case': case, 'model': n, 'batch': batch, 'loss': nets.N[n][2], 'optimizer': 'adam', 'optimizer_foreach': True, 'precision': 'bf16-autocast' if autocast else 'fp32',
         'torch': torch.__version__, 'emulated_sm': '80', 'bytes': {'base': base}, 'saved_for_backward': {'activation_bytes': saved, 'node_counts': counts}, 'steps': [{'step': i, 'peak': {'bytes': p}} for i, p in enumerate(peaks)]}
    E = {'format': 'headroom-oracle-cuda-fake-events/1', 'case': case, 'phase_columns': ['step', 'phase'], 'phases': rec.phases, 'ops': rec.ops,
         'event_columns': ['phase_index', 'op_index', 'delta_bytes', 'block_id', 'on_cuda'], 'events': rec.events}
    os.makedirs(out, exist_ok=True)
    json.dump(J, open(os.path.join(out, case + '.json'), 'w'), separators=(',', ':'))
    with gzip.GzipFile(os.path.join(out, case + '.events.json.gz'), 'wb', mtime=0) as g: g.write(json.dumps(E, separators=(',', ':')).encode())
    print(case, saved, peaks, len(rec.events), flush=True)
if __name__ == '__main__':
    out = sys.argv[1]
    for n in sys.argv[2:] or list(nets.N):
        for autocast in (False, True):
            pid = os.fork()                              # what fake tensors cannot run is named, the others go on
            if pid: os.waitpid(pid, 0); continue
            try: run(n, out, 6 if nets.N[n][3] else 4, autocast)
            except Exception as e: print(n, 'autocast' if autocast else '', 'not recorded:', str(e).strip().splitlines()[0][:160], flush=True)
            os._exit(0)
