"""Records what single ATen calls keep and allocate on CUDA, without a GPU.
usage: record_cuda_operators.py CALLS.json OUT.json.gz     (Python with PyTorch 2.10; never part of the build)

CALLS.json is written by the torch module's OpCaseFile: the calls that its tests hold against libtorch's
CPU. Each is run with fake tensors on device cuda as Differential.java runs it there: leaves, a copy of
each, the call, a loss (the product of the results' sums or means), backward. A call that fake tensors
cannot make is recorded with its error."""
import gzip, json, sys, warnings
warnings.filterwarnings('ignore')
from record_cuda_fake import Recorder, FakeTensorMode, tree_leaves, torch

DTYPES = {d: getattr(torch, d) for d in ('float32', 'float64', 'float16', 'bfloat16', 'int64', 'int32', 'uint8', 'bool', 'complex64')}

class Case:
    def __init__(self, spec, mode):
        self.spec, self.mode, self.leaves, self.wanting, self.made = spec, mode, [], [], []

    def leaf(self, a):
        if isinstance(a, list): return [self.leaf(i) for i in a]
        if not isinstance(a, dict): return a
        if 'dtype' in a: return DTYPES[a['dtype']]
        t = torch.empty_strided(a['shape'], a['strides'], dtype=DTYPES[a['tensor']], device='cuda')
        if a['grad']: t.requires_grad_(); self.wanting.append(t)
        self.leaves.append(t)
        return t

    def copy(self, a, t):
        if isinstance(a, list): return [self.copy(i, j) for i, j in zip(a, t)]
        if not isinstance(a, dict) or 'dtype' in a: return t
        c = torch.clone(t); self.made.append(c)
        if a.get('narrow'): c = c[..., :c.shape[-1] // 2]; self.made.append(c)
        if a.get('swap'): c = c.transpose(*a['swap']); self.made.append(c)
        return c

    def run(self, rec):
        _, name, overload = self.spec['op'].split('.')
        function = getattr(getattr(torch.ops.aten, name), overload)
        args = [self.leaf(a) for a in self.spec['args']]
        for t in self.leaves: rec.see(t, log=False)
        kept, held = {}, []
        def pack(t): held.append(t); s = t.untyped_storage(); kept[s._cdata] = s.nbytes(); return t
        skip = {t.untyped_storage()._cdata for t in self.leaves}
        if rec.recording: rec.at(0, 'forward')
        hooks = torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t)
        types = []
        with torch.set_grad_enabled(self.mode != 'NO_GRAD'):
            if not rec.recording: hooks.__enter__()
            args = [self.copy(a, t) for a, t in zip(self.spec['args'], args)]
            named = [a.name for a in function._schema.arguments]
            only = {a.name for a in function._schema.arguments if a.kwarg_only}
            positional = [v for n, v in zip(named, args) if n not in only]
            keywords = {n: v for n, v in zip(named, args) if n in only}
            makes = any(n == 'device' for n in named) and not any(isinstance(t, torch.Tensor) for t in tree_leaves(args))
            if makes: keywords['device'] = 'cuda'
            results = function(*positional, **keywords)
            del args, positional, keywords
            results = [t for t in (results if isinstance(results, (tuple, list)) else [results])]
            types = [text(t) for t in results]
            self.made.clear()
            loss = None
            if self.mode != 'NO_GRAD' and self.spec['losses']:
                if rec.recording: rec.at(0, 'loss')
                for i in range(len(results)):
                    if i in self.spec['losses']:
                        part = results[i].sum() if self.mode == 'SUM' else results[i].mean()
                        loss = part if loss is None else loss * part
                        del part
                    results[i] = None
            results = None
            if not rec.recording: hooks.__exit__(None, None, None)
        saved = sum(n for k, n in kept.items() if k not in skip)
        if rec.recording: held.clear()
        if loss is not None:
            if rec.recording: rec.at(0, 'backward')
            loss.backward()
            for t in self.wanting:
                types.append('no gradient' if t.grad is None else 'gradient ' + text(t.grad))
        if rec.recording: rec.at(0, 'end')
        return types, saved

def text(t):
    return f"{str(t.dtype).replace('torch.', '')}{list(t.shape)} strides {list(t.stride())}"

class CallRecorder(Recorder):
    recording = True
    def at(self, step, name): self.phases.append([step, name])   # no cycles here: reference counts free all

class NoRecorder:
    recording = False
    def see(self, t, log=False): pass

def record(spec):
    modes = {}
    for mode in ('SUM', 'MEAN', 'NO_GRAD') if spec['losses'] else ('NO_GRAD',):
        with FakeTensorMode(allow_non_fake_inputs=True), torch.autograd.set_multithreading_enabled(False):
            types, saved = Case(spec, mode).run(NoRecorder())
            modes[mode] = {'types': types, 'saved': saved}
            if mode == 'NO_GRAD':
                Recorder.known_ever = []
                rec = CallRecorder()
                with rec: Case(spec, mode).run(rec)
                rec.live = False
                modes[mode]['allocated'] = sorted(e[2] for e in rec.events if e[4] and e[2] > 0 and rec.phases[e[0]][1] == 'forward')
    return modes

if __name__ == '__main__':
    calls = json.load(open(sys.argv[1]))
    out, failed = [], 0
    for spec in calls:
        try: out.append({**spec, 'recorded': record(spec)})
        except Exception as e:
            failed += 1; out.append({**spec, 'error': str(e).strip().splitlines()[0][:160] if str(e).strip() else type(e).__name__})
            print(spec['op'], out[-1]['error'])
    with gzip.GzipFile(sys.argv[2], 'wb', mtime=0) as g: g.write(json.dumps({'torch': torch.__version__, 'calls': out}, separators=(',', ':')).encode())
    print(len(out), 'calls,', failed, 'not recorded')
