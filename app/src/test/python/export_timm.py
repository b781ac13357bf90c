"""Exports timm's networks for the rows of timm-max-batch-rtx3090-amp-nchw.csv, without weights.

    python3 export_timm.py ROWS.csv OUT [MODEL ...]

OUT/MODEL.json.gz is the graph as torch.export records it while the network trains, at the row's
image size, the batch dynamic, without stack traces and the types of intermediate values. What
cannot be exported is named with the exporter's reason. TimmNetworksMaker then packs the folder.

Made with torch 2.10.0 and timm 0.6.7, the release of the days in which the rows were measured.
Never run by the build.
"""
import csv, gzip, json, os, sys, warnings
import timm
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


def export(model, side):
    with WithoutFilling():
        network = timm.create_model(model).train()
    program = torch.export.export(
        network, (torch.empty(4, 3, side, side),),
        dynamic_shapes=({0: torch.export.Dim('batch')},), strict=False)
    serializer = GraphModuleSerializer(program.graph_signature, program.module_call_graph)
    module = _dataclass_to_dict(serializer.serialize(program.graph_module))
    module = json.loads(json.dumps(module, cls=EnumEncoder))
    graph = module['graph']
    for node in graph['nodes']:
        node['metadata'] = {}
    inputs = [i['as_tensor']['name'] for i in graph['inputs'] if 'as_tensor' in i]
    return {'schema_version': {'major': 8, 'minor': 0}, 'graph_module': {
        'graph': {'inputs': graph['inputs'], 'outputs': graph['outputs'], 'nodes': graph['nodes'],
                  'tensor_values': {n: graph['tensor_values'][n] for n in inputs}},
        'signature': module['signature']}}


if __name__ == '__main__':
    warnings.filterwarnings('ignore')
    rows, out, wanted = sys.argv[1], sys.argv[2], set(sys.argv[3:])
    with open(rows) as file:
        sides = {r['model']: int(r['train_img_size']) for r in csv.DictReader(file)}
    for model, side in sides.items():
        if wanted and model not in wanted:
            continue
        try:
            document = export(model, side)
        except Exception as e:
            print(model, type(e).__name__, str(e).strip().split('\n')[0][:120])
            continue
        with gzip.open(os.path.join(out, model + '.json.gz'), 'wt') as file:
            json.dump(document, file, separators=(',', ':'))
