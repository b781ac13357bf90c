"""Records three training steps of the oracle's networks under recipes that the oracle leaves out.
usage: record_recipes.py ORACLE_DIR OUTDIR [case-name-substring ...]
       (Python with PyTorch 2.10; never part of the build)

`keepgrads`: zero_grad(set_to_none=False). `frozen-A+B`: the parameters of modules A and B have
requires_grad_(False); the optimizer is given all parameters, as model.parameters() lists them.
`ckpt-A+B`: modules A and B run under torch.utils.checkpoint, use_reentrant=False; `flops` is what FlopCounterMode
counts of forward, and of what the checkpoints run again: the whole step with them less the step without.
Loop, formats and names are those of ORACLE_DIR/oracle_cpu.py."""
import contextlib, functools, gc, gzip, json, os, sys, weakref

sys.path.insert(0, sys.argv[1])
import oracle_cpu as oracle
from torch.autograd.profiler import record_function as rf
import torch
from torch.utils.checkpoint import checkpoint
from torch.utils.flop_counter import FlopCounterMode, sdpa_flop_count

KEEP = [
    ('mlp_784_128_10', 64, 'sgd', {}), ('mlp_784_128_10', 64, 'adam', {}),
    ('mlp_784_128_10', 64, 'adam', {'foreach': True}), ('mlp_784_128_10', 64, 'adam', {'fused': True}),
    ('mlp_784_128_10', 64, 'adam', {'accum': 4}), ('mlp_784_128_10', 64, 'adam', {'autocast': True, 'nomkldnn': True}),
    ('smallcnn', 32, 'adam', {'nomkldnn': True}), ('smallcnn', 32, 'sgd_momentum', {'accum': 4, 'nomkldnn': True}),
    ('gpt_tied', 4, 'adam', {}), ('gpt_untied_ckpt', 4, 'sgd', {}), ('resnet18_32', 64, 'sgd_momentum', {'nomkldnn': True})]
FROZEN = [
    ('mlp_784_128_10', 64, 'adam', {}, 'fc1'), ('mlp_784_128_10', 64, 'adam', {}, 'fc2'),
    ('mlp_784_128_10', 64, 'adagrad', {}, 'fc1'), ('mlp_784_128_10', 64, 'adam', {'autocast': True, 'nomkldnn': True}, 'fc1'),
    ('mlp_784_128_10', 64, 'adam', {'autocast': True, 'nomkldnn': True}, 'fc2'),
    ('lenet5', 64, 'adam', {'nomkldnn': True}, 'c1,c2'), ('lenet5', 64, 'adam', {'nomkldnn': True}, 'c2,f2'),
    ('smallcnn', 32, 'adam', {'nomkldnn': True}, 'features'), ('smallcnn', 32, 'adam', {'nomkldnn': True}, 'features.4,classifier.2'),
    ('smallcnn', 32, 'sgd', {'nomkldnn': True}, 'classifier'), ('smallcnn', 32, 'adam', {'accum': 4, 'nomkldnn': True}, 'features.0,features.1'),
    ('gpt_untied', 4, 'adam', {}, 'tok,pos,blocks.0,blocks.1,blocks.2'), ('gpt_untied', 4, 'sgd', {}, 'blocks.1,blocks.2'),
    ('gpt_untied', 4, 'adam', {'foreach': True}, 'blocks,ln,head'), ('gpt_tied', 4, 'adam', {}, 'tok'),
    ('gpt_untied', 4, 'adam', {'autocast': True, 'nomkldnn': True}, 'tok,pos,blocks.0,blocks.1'),
    ('gpt_untied_ckpt', 4, 'adam', {}, 'tok,pos,blocks.0,blocks.1'), ('gpt_untied_ckpt', 4, 'sgd', {}, 'blocks.2'),
    ('resnet18_32', 64, 'adam', {'nomkldnn': True}, 'conv1,bn1,layer1,layer2,layer3'),
    ('resnet18_32', 64, 'sgd_momentum', {'nomkldnn': True}, 'layer2'), ('resnet18_32', 64, 'adam', {'autocast': True, 'nomkldnn': True}, 'conv1,bn1,layer1,layer2,layer3'),
    ('mobilenet_v2_224', 4, 'adam', {'nomkldnn': True}, 'features'), ('vit_b_16_224', 2, 'sgd', {'nomkldnn': True}, 'conv_proj,encoder'),
    ('lstm_classifier', 16, 'adam', {'nomkldnn': True}, 'emb'), ('lstm_classifier', 16, 'adam', {'nomkldnn': True}, 'lstm')]

CHECKPOINTED = [
    ('gpt_untied', 4, 'adam', {}, 'blocks.1,blocks.2'), ('gpt_untied', 4, 'sgd', {}, 'blocks.3'), ('gpt_tied', 4, 'adam', {'accum': 4}, 'blocks.0'),
    ('gpt_untied', 4, 'adam', {'autocast': True, 'nomkldnn': True}, 'blocks.0,blocks.3'),
    ('resnet18_32', 16, 'sgd_momentum', {'nomkldnn': True}, 'layer1.0,layer3.0,layer3.1'), ('resnet18_32', 16, 'adam', {'nomkldnn': True}, 'layer4.1'),
    ('mobilenet_v2_224', 2, 'adam', {'nomkldnn': True}, 'features.2,features.3,features.17'),
    ('vit_b_16_224', 2, 'sgd', {'nomkldnn': True}, 'encoder.layers.encoder_layer_0,encoder.layers.encoder_layer_11')]

def name(model, batch, optimizer, opts, ending):
    words = ''.join('-' + w for w, o in (('foreach', 'foreach'), ('fused', 'fused'), ('accum4', 'accum'), ('bf16autocast', 'autocast'), ('nomkldnn', 'nomkldnn')) if opts.get(o))
    return f'{model}-b{batch}-{optimizer}{words}-{ending}'

CASES = {}
for m, b, o, opts in KEEP: CASES[name(m, b, o, opts, 'keepgrads')] = (m, b, o, opts, '', False, '')
for m, b, o, opts, frozen in FROZEN: CASES[name(m, b, o, opts, 'frozen-' + frozen.replace(',', '+'))] = (m, b, o, opts, frozen, True, '')
for m, b, o, opts, blocks in CHECKPOINTED: CASES[name(m, b, o, opts, 'ckpt-' + blocks.replace(',', '+'))] = (m, b, o, opts, '', True, blocks)

def freeze(model, prefixes):
    for p in filter(None, prefixes.split(',')):
        model.get_submodule(p).requires_grad_(False)
    return model

def checkpointed(model, paths):
    for path in filter(None, paths.split(',')):
        block = model.get_submodule(path)
        block.forward = functools.partial(checkpoint, block.forward, use_reentrant=False)
    return model

class Unwalked:
    """A model whose autograd graph shall not be walked: that would run its checkpoints again."""
    ckpt = True
    def __init__(self, model): self.model = model
    def __getattr__(self, attribute): return getattr(self.model, attribute)
    def __call__(self, x): return self.model(x)

def flops(model, name, x, y, autocast, backward):
    """The counter has no entry for the CPU's attention kernel, whose products are those of all such kernels."""
    aten = torch.ops.aten
    counter = FlopCounterMode(display=False, custom_mapping={aten._scaled_dot_product_flash_attention_for_cpu: lambda q, k, v, *rest, **more: sdpa_flop_count(q, k, v)})
    with counter:
        with torch.autocast('cpu', dtype=torch.bfloat16) if autocast else contextlib.nullcontext():
            loss = oracle.loss_fn(name, model(x), y)
        if backward: loss.backward()
    return counter.get_total_flops()

def looped(set_to_none):
    def train(model, opt, name, x, y, autocast=False, accum=1):
        out = loss = None
        for step in range(oracle.STEPS):
            with rf(f'@step {step}'):
                with rf('@zero_grad'): opt.zero_grad(set_to_none=set_to_none)
                for m in range(accum):
                    if autocast:
                        ac = torch.autocast('cpu', dtype=torch.bfloat16); ac.__enter__()
                    with rf('@forward'): out = model(x)
                    with rf('@loss'):
                        if accum == 1: loss = oracle.loss_fn(name, out, y)
                        else: loss = oracle.loss_fn(name, out, y) / accum
                    if autocast:
                        with rf('@autocast_exit'): ac.__exit__(None, None, None)
                    with rf('@backward'): loss.backward()
                with rf('@optimizer'): opt.step()
        return out, loss
    return train

class Kept:
    """What a hook packs: alive for as long as autograd keeps it."""
    def __init__(self, tensor): self.tensor = tensor

def kept_bytes(model, name, x, y, autocast):
    """As the oracle's hooks count, but of what is alive after the loss: a checkpoint of a block in which nothing
    is trained packs its input and lets go of it when the block returns."""
    packed = []
    def pack(t):
        kept = Kept(t); packed.append(weakref.ref(kept)); return kept
    with torch.autocast('cpu', dtype=torch.bfloat16) if autocast else contextlib.nullcontext():
        with torch.autograd.graph.saved_tensors_hooks(pack, lambda kept: kept.tensor):
            out = model(x); loss = oracle.loss_fn(name, out, y)
    gc.collect()
    known = {oracle.key(t) for t in (*model.parameters(), *model.buffers(), x, y)}
    storages = {oracle.key(k().tensor): oracle.nb(k().tensor) for k in packed if k() is not None}
    return sum(n for k, n in storages.items() if k not in known)

def reported(report, blocks):
    def saved_report(model, name, x, y, autocast=False, *rest):
        out = report(Unwalked(model) if blocks else model, name, x, y, autocast, *rest)
        out['activation_bytes'] = kept_bytes(model, name, x, y, autocast)
        if blocks:
            with_them = flops(model, name, x, y, autocast, True)
            for path in blocks.split(','): del model.get_submodule(path).forward
            out['flops'] = {'forward': flops(model, name, x, y, autocast, False), 'again': with_them - flops(model, name, x, y, autocast, True)}
        return out
    return saved_report

if __name__ == '__main__':
    report = oracle.saved_report
    out, wanted = sys.argv[2], sys.argv[3:]
    build = oracle.build
    for case, (model, batch, optimizer, opts, frozen, set_to_none, blocks) in CASES.items():
        if wanted and not any(w in case for w in wanted): continue
        pid = os.fork()                                  # each in a process of its own: oneDNN's flag stays
        if pid:
            if os.waitpid(pid, 0)[1]: sys.exit(f'{case} failed')
            continue
        oracle.CASES[case] = ('shared', case, model, batch, optimizer, opts)
        oracle.build = lambda n: checkpointed(freeze(build(n), frozen), blocks)
        oracle.train = looped(set_to_none)
        oracle.saved_report = reported(report, blocks)
        _, J, E, _ = oracle.run(case, out)
        J['set_to_none'], J['frozen'] = set_to_none, [p for p in frozen.split(',') if p]
        if blocks: J['checkpointing'], J['flops'] = blocks, J['saved_for_backward'].pop('flops')
        if J['onednn']:                                  # no case with oneDNN has convolutions
            for step in J['steps']: step['peak_excluding_conv_scratch'] = step['peak']
        del E['saved'], E['saved_columns']
        os.makedirs(out, exist_ok=True)
        json.dump(J, open(os.path.join(out, case + '.json'), 'w'), separators=(',', ':'))
        with gzip.GzipFile(os.path.join(out, case + '.events.json.gz'), 'wb', mtime=0) as g: g.write(json.dumps(E, separators=(',', ':')).encode())
        c = J['checks']
        print(case, c['event_count'], c['event_chain_ok'], c['unexplained_bytes_at_end'], [s['peak']['bytes'] for s in J['steps']], flush=True)
        os._exit(0)
