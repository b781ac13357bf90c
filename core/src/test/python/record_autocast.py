"""Lists the operators that PyTorch registers a kernel of autocast for.
usage: record_autocast.py OUT.csv     (Python with PyTorch 2.10; never part of the build)"""
import sys, torch

with open(sys.argv[1], 'w') as out:
    print('key,operator', file=out)
    for key in ('AutocastCPU', 'AutocastCUDA'):
        for name in sorted(torch._C._dispatch_get_all_op_names()):
            if not name.startswith('aten::'): continue
            table = torch._C._dispatch_dump_table(name).splitlines()
            if any(l.startswith(key + ':') and 'autocast_mode' in l and 'fallthrough' not in l for l in table):
                print(f"{key},aten.{name[6:]}{'' if '.' in name else '.default'}", file=out)
