"""Writes what the tests of the built-in networks are held against.

    python3 export_networks.py OUT [NETWORK ...]

OUT/NETWORK.model.json.gz   graph as torch.export records it (train mode, batch dynamic), without
                            stack traces and the types of intermediate values
OUT/NETWORK.init.csv        every parameter and buffer as the constructor fills it: name, shape,
                            mean, standard deviation, largest magnitude

Made with torch 2.10.0 and torchvision 0.25.0. Never run by the build.
"""
import csv, gzip, io, json, math, os, sys, zipfile
import torch
import torchvision.models as tv

IMAGE = (3, 224, 224)
NETWORKS = {name: (lambda name=name: getattr(tv, name)(weights=None), IMAGE) for name in (
    'resnet18', 'resnet34', 'resnet50', 'resnet101', 'resnet152',
    'vgg11', 'vgg13', 'vgg16', 'vgg19', 'vgg11_bn', 'vgg13_bn', 'vgg16_bn', 'vgg19_bn',
    'mobilenet_v2', 'vit_b_16', 'vit_b_32', 'vit_l_16', 'vit_l_32',
    'convnext_tiny', 'convnext_small', 'convnext_base', 'convnext_large')}
NETWORKS['vit_b_16_64px'] = (
    lambda: tv.vit_b_16(weights=None, image_size=64, num_classes=10), (3, 64, 64))
ORACLE = os.environ.get('HEADROOM_ORACLE')
if ORACLE:
    sys.path.insert(0, ORACLE)
    import models
    for name in ('lenet5', 'smallcnn', 'gpt_untied', 'gpt_tied', 'lstm_classifier'):
        NETWORKS[name] = (models.M[name][0], None)


def graph(name, network, shape):
    if shape is None:
        example = models.batch(name, 4)[0]
    else:
        example = torch.randn(4, *shape)
    program = torch.export.export(
        network, (example,), dynamic_shapes=({0: torch.export.Dim('batch')},))
    buffer = io.BytesIO()
    torch.export.save(program, buffer)
    with zipfile.ZipFile(buffer) as archive:
        entry = next(n for n in archive.namelist() if n.endswith('models/model.json'))
        exported = json.loads(archive.read(entry))['graph_module']
    for node in exported['graph']['nodes']:
        stack = node['metadata'].get('nn_module_stack', '')
        node['metadata'] = {'nn_module_stack': stack.split(';')[-1]}
    inputs = [i['as_tensor']['name'] for i in exported['graph']['inputs'] if 'as_tensor' in i]
    values = exported['graph']['tensor_values']
    return {'graph_module': {
        'graph': {'inputs': exported['graph']['inputs'], 'outputs': exported['graph']['outputs'],
                  'nodes': exported['graph']['nodes'],
                  'tensor_values': {n: values[n] for n in inputs}},
        'signature': exported['signature']}}


def write(out, name):
    make, shape = NETWORKS[name]
    torch.manual_seed(0)
    network = make().train()
    with open(f'{out}/{name}.init.csv', 'w', newline='') as file:
        rows = csv.writer(file, lineterminator='\n')
        rows.writerow(['name', 'kind', 'dtype', 'shape', 'mean', 'std', 'largest'])
        parameters = dict(network.named_parameters(remove_duplicate=False))
        for key, value in network.state_dict().items():
            data = value.detach().double()
            std = data.std(unbiased=False).item()
            rows.writerow([key, 'parameter' if key in parameters else 'buffer',
                           str(value.dtype).removeprefix('torch.'), 'x'.join(map(str, value.shape)),
                           f'{data.mean().item():.8g}', f'{std:.8g}', f'{data.abs().max().item():.8g}'])
    text = json.dumps(graph(name, network, shape), separators=(',', ':')).encode()
    with open(f'{out}/{name}.model.json.gz', 'wb') as file:
        with gzip.GzipFile('', 'wb', 9, file, mtime=0) as packed:
            packed.write(text)
    print(name, sum(p.numel() for p in network.parameters()), len(text))


if __name__ == '__main__':
    for each in sys.argv[2:] or NETWORKS:
        write(sys.argv[1], each)
