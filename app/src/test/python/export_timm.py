"""Exports timm's networks for the rows of timm-max-batch-rtx3090-amp-nchw.csv, without weights.

    python3 export_timm.py ROWS.csv OUT LEFT_OUT.csv [MODEL ...]

OUT/MODEL.json.gz is the graph as torch.export records it while the network trains, at the row's
image size, the batch dynamic, without stack traces and the types of intermediate values.
TimmNetworksMaker then packs the folder. LEFT_OUT.csv names what cannot be exported, with the
reason; rows of models that are not tried this time stay.

Made with torch 2.10.0 and timm 0.6.7, the release of the days in which the rows were measured; but
convnext_nano_ols and convnext_tiny_hnfd with timm 0.6.5, since the rows are older than 0.6.7: it
gave the former biases (15.61 million parameters, 15.60 in the row) and dropped the latter.
Never run by the build.
"""
import csv, gzip, json, os, sys, warnings
import timm
import timm.models.swin_transformer, timm.models.swin_transformer_v2
import timm.models.swin_transformer_v2_cr
import torch
from torch._export.serde.serialize import EnumEncoder, GraphModuleSerializer, _dataclass_to_dict
from torch.utils._python_dispatch import TorchDispatchMode

FILLS = ('normal_', 'uniform_', 'erfinv_', 'mul_', 'add_', 'clamp_', 'fill_', 'zero_', 'div_')


class WithoutFilling(TorchDispatchMode):
    """Weights stay as they are: pages that nobody writes take no memory."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if func.overloadpacket.__name__ in FILLS and args[0].numel() > 20000:
            return args[0]
        return func(*args, **(kwargs or {}))


def whole_images(windows, window_size, *size):
    """timm's window_reverse with the batch divided as an integer: no float, which is no size."""
    height, width = size if len(size) == 2 else size[0]
    high, wide = window_size if isinstance(window_size, tuple) else (window_size, window_size)
    batch = windows.shape[0] // (height * width // (high * wide))
    x = windows.view(batch, height // high, width // wide, high, wide, -1)
    return x.permute(0, 1, 3, 2, 4, 5).contiguous().view(batch, height, width, -1)


for swin in (timm.models.swin_transformer, timm.models.swin_transformer_v2,
             timm.models.swin_transformer_v2_cr):
    swin.window_reverse = whole_images


def once(graph, signature, network):
    """A parameter that several modules share is one input, as it is one tensor."""
    named = dict(network.named_parameters(remove_duplicate=False))
    first, other = {}, {}
    for spec in list(signature['input_specs']):
        if 'parameter' not in spec:
            continue
        name = spec['parameter']['arg']['name']
        kept = first.setdefault(id(named[spec['parameter']['parameter_name']]), name)
        if kept != name:
            other[name] = kept
            signature['input_specs'].remove(spec)
    graph['inputs'] = [i for i in graph['inputs']
                       if i.get('as_tensor', {}).get('name') not in other]

    def renamed(value):
        if isinstance(value, dict):
            return {k: other.get(v, v) if k == 'name' and isinstance(v, str) else renamed(v)
                    for k, v in value.items()}
        return [renamed(v) for v in value] if isinstance(value, list) else value

    for node in graph['nodes']:
        node['inputs'] = [{**i, 'arg': renamed(i['arg'])} for i in node['inputs']]


def export(model, side):
    with WithoutFilling():
        network = timm.create_model(model).train()
    program = torch.export.export(
        network, (torch.empty(4, 3, side, side),),
        dynamic_shapes=({0: torch.export.Dim('batch', max=4096)},), strict=False)
    serializer = GraphModuleSerializer(program.graph_signature, program.module_call_graph)
    module = _dataclass_to_dict(serializer.serialize(program.graph_module))
    module = json.loads(json.dumps(module, cls=EnumEncoder))
    graph = module['graph']
    for node in graph['nodes']:
        node['metadata'] = {}
    once(graph, module['signature'], network)
    inputs = [i['as_tensor']['name'] for i in graph['inputs'] if 'as_tensor' in i]
    return {'schema_version': {'major': 8, 'minor': 0}, 'graph_module': {
        'graph': {'inputs': graph['inputs'], 'outputs': graph['outputs'], 'nodes': graph['nodes'],
                  'tensor_values': {n: graph['tensor_values'][n] for n in inputs}},
        'signature': module['signature']}}


def reason(error):
    line = str(error).strip().split('\n')[0]
    if isinstance(error, ImportError):
        return 'kernels that are not PyTorch\'s: ' + line.split(':')[0].replace('Please install ', '')
    return f'torch.export: {type(error).__name__}: {line[:120]}'


if __name__ == '__main__':
    warnings.filterwarnings('ignore')
    rows, out, left_out, wanted = *sys.argv[1:4], set(sys.argv[4:])
    with open(rows) as file:
        sides = {r['model']: int(r['train_img_size']) for r in csv.DictReader(file)}
    reasons = {}
    if os.path.exists(left_out):
        with open(left_out) as file:
            reasons = {r['model']: r['reason'] for r in csv.DictReader(file)}
    for model, side in sides.items():
        if wanted and model not in wanted:
            continue
        try:
            document = export(model, side)
        except Exception as e:
            reasons[model] = reason(e)
            print(model, reasons[model])
            continue
        reasons.pop(model, None)
        with gzip.open(os.path.join(out, model + '.json.gz'), 'wt') as file:
            json.dump(document, file, separators=(',', ':'))
    with open(left_out, 'w') as file:
        writer = csv.writer(file, lineterminator='\n')
        writer.writerow(['model', 'reason'])
        writer.writerows((m, reasons[m]) for m in sides if m in reasons)
