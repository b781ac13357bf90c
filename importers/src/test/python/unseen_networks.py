"""Networks as people write them, of which the importers' test resources `unseen` hold recordings.
name -> (constructor, inputs, loss, whether exported with a dynamic batch); an input is ('f', sample shape) or ('i', numbers, sample shape)."""
import torch, torch.nn as nn, torch.nn.functional as F
import torchvision as tv

class UNetInterp(nn.Module):
    def __init__(s):
        super().__init__()
        def dc(a, b): return nn.Sequential(nn.Conv2d(a, b, 3, padding=1), nn.GroupNorm(2, b), nn.LeakyReLU(0.1, inplace=True))
        s.d1 = dc(3, 8); s.d2 = dc(8, 16); s.mid = dc(16, 32)
        s.up2 = nn.ConvTranspose2d(32, 16, 2, stride=2); s.u2 = dc(32, 16); s.u1 = dc(24, 8); s.out = nn.Conv2d(8, 5, 1)
    def forward(s, x):
        a = s.d1(x); b = s.d2(F.max_pool2d(a, 2)); m = s.mid(F.max_pool2d(b, 2))
        u = s.u2(torch.cat([s.up2(m), b], 1))
        u = F.interpolate(u, size=a.shape[2:], mode='bilinear', align_corners=False)
        return s.out(s.u1(torch.cat([u, a], dim=1)))

def swin(): return tv.models.SwinTransformer(patch_size=[2, 2], embed_dim=16, depths=[2, 2], num_heads=[2, 4], window_size=[4, 4], stochastic_depth_prob=0.1, num_classes=10)
class DeepLab(nn.Module):
    def __init__(s):
        super().__init__()
        from torchvision.models.segmentation.deeplabv3 import ASPP
        s.backbone = nn.Sequential(nn.Conv2d(3, 16, 3, 2, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(inplace=True), nn.Conv2d(16, 32, 3, 2, 2, dilation=2, bias=False), nn.BatchNorm2d(32), nn.ReLU(inplace=True))
        s.aspp = ASPP(32, [2, 4], 16); s.head = nn.Sequential(nn.Conv2d(16, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), nn.Conv2d(16, 6, 1))
    def forward(s, x):
        size = x.shape[-2:]
        return F.interpolate(s.head(s.aspp(s.backbone(x))), size=size, mode='bilinear', align_corners=False)

class GnLrn(nn.Module):
    def __init__(s):
        super().__init__()
        s.f = nn.Sequential(nn.Conv2d(3, 16, 5), nn.PReLU(16), nn.LocalResponseNorm(5), nn.MaxPool2d(3, 2, ceil_mode=True), nn.Conv2d(16, 24, 3, padding=1, padding_mode='reflect'), nn.GroupNorm(4, 24), nn.ELU(inplace=True), nn.LPPool2d(2, 2), nn.Conv2d(24, 24, 3, groups=2), nn.InstanceNorm2d(24, affine=True), nn.Hardtanh(inplace=True), nn.AvgPool2d(2, count_include_pad=False))
        s.c = nn.Sequential(nn.Flatten(), nn.LazyLinear(32), nn.AlphaDropout(.2), nn.SELU(inplace=True), nn.Linear(32, 10))
    def forward(s, x): return s.c(s.f(x))

class VAE(nn.Module):
    def __init__(s):
        super().__init__()
        s.enc = nn.Sequential(nn.Conv2d(1, 8, 3, 2, 1), nn.ReLU(), nn.Conv2d(8, 16, 3, 2, 1), nn.ReLU(), nn.Flatten()); s.mu = nn.Linear(16 * 49, 6); s.lv = nn.Linear(16 * 49, 6)
        s.up = nn.Linear(6, 16 * 49); s.dec = nn.Sequential(nn.ConvTranspose2d(16, 8, 3, 2, 1, output_padding=1), nn.ReLU(), nn.ConvTranspose2d(8, 1, 4, 2, 1), nn.Sigmoid())
    def forward(s, x):
        h = s.enc(x); mu, logvar = s.mu(h), s.lv(h)
        z = mu + torch.randn_like(mu) * torch.exp(0.5 * logvar)
        r = s.dec(s.up(z).view(-1, 16, 7, 7))
        kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
        return F.binary_cross_entropy(r, x.sigmoid(), reduction='sum') + kl

class ConvLSTM(nn.Module):
    def __init__(s):
        super().__init__(); s.g = nn.Conv2d(3 + 8, 32, 3, padding=1); s.out = nn.Conv2d(8, 1, 1)
    def forward(s, x):                       # (B, T, C, H, W)
        B, T, C, H, W = x.shape; h = x.new_zeros(B, 8, H, W); c = torch.zeros_like(h); ys = []
        for t in range(T):
            i, f, o, g = torch.chunk(s.g(torch.cat([x[:, t], h], 1)), 4, dim=1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g); h = torch.sigmoid(o) * torch.tanh(c); ys.append(s.out(h))
        return torch.stack(ys, dim=1)

class WaveNet(nn.Module):
    def __init__(s, c=16, v=32):
        super().__init__(); s.emb = nn.Embedding(v, c)
        s.f = nn.ModuleList(nn.Conv1d(c, c, 2, dilation=2 ** i) for i in range(4)); s.g = nn.ModuleList(nn.Conv1d(c, c, 2, dilation=2 ** i) for i in range(4))
        s.r = nn.ModuleList(nn.Conv1d(c, c, 1) for _ in range(4)); s.k = nn.ModuleList(nn.Conv1d(c, 2 * c, 1) for _ in range(4)); s.o1 = nn.Conv1d(2 * c, 2 * c, 1); s.o2 = nn.Conv1d(2 * c, v, 1)
    def forward(s, x):
        x = s.emb(x).transpose(1, 2); skip = 0
        for i, (f, g, r, k) in enumerate(zip(s.f, s.g, s.r, s.k)):
            p = F.pad(x, (2 ** i, 0)); z = torch.tanh(f(p)) * torch.sigmoid(g(p))
            skip = skip + k(z); x = x + r(z)
        return s.o2(F.relu(s.o1(F.relu(skip))))

class Tagger(nn.Module):
    def __init__(s, kind, v=50, tags=7):
        super().__init__(); s.emb = nn.Embedding(v, 16); s.rnn = getattr(nn, kind)(16, 12, num_layers=2, bidirectional=True, batch_first=True, dropout=.2); s.out = nn.Linear(24, tags)
    def forward(s, ids): y, _ = s.rnn(F.dropout(s.emb(ids), .1, s.training)); return s.out(y)

class TNet(nn.Module):
    def __init__(s, k):
        super().__init__(); s.k = k; s.c = nn.Sequential(nn.Conv1d(k, 16, 1), nn.BatchNorm1d(16), nn.ReLU(), nn.Conv1d(16, 32, 1), nn.BatchNorm1d(32), nn.ReLU()); s.f = nn.Sequential(nn.Linear(32, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, k * k))
    def forward(s, x):
        h = torch.max(s.c(x), 2, keepdim=True)[0].view(-1, 32)
        return (s.f(h) + torch.eye(s.k, device=x.device).view(1, s.k * s.k).repeat(x.shape[0], 1)).view(-1, s.k, s.k)

class PointNet(nn.Module):
    def __init__(s):
        super().__init__(); s.t = TNet(3); s.c1 = nn.Conv1d(3, 16, 1); s.b1 = nn.BatchNorm1d(16); s.c2 = nn.Conv1d(16, 48, 1); s.b2 = nn.BatchNorm1d(48); s.f = nn.Linear(48, 10)
    def forward(s, x):                      # (B, 3, N)
        x = torch.bmm(x.transpose(2, 1), s.t(x)).transpose(2, 1)
        x = F.relu(s.b1(s.c1(x))); x = s.b2(s.c2(x)); x = x.amax(dim=2)
        return F.log_softmax(s.f(x), -1)

class MoE(nn.Module):
    def __init__(s, d=16, e=4):
        super().__init__(); s.e = e; s.inp = nn.Linear(20, d); s.gate = nn.Linear(d, e, bias=False); s.w1 = nn.Parameter(torch.randn(e, d, 32) * .1); s.w2 = nn.Parameter(torch.randn(e, 32, d) * .1); s.out = nn.Linear(d, 5)
    def forward(s, x):
        x = F.silu(s.inp(x)); w = F.softmax(s.gate(x), dim=-1, dtype=torch.float); w, i = torch.topk(w, 2, dim=-1); w = w / w.sum(dim=-1, keepdim=True)
        full = torch.zeros(x.shape[0], s.e, device=x.device).scatter(1, i, w)
        h = torch.einsum('bd,edh->beh', x, s.w1); y = torch.einsum('beh,ehd->bed', F.gelu(h), s.w2)
        x = x + (full.unsqueeze(-1) * y).sum(dim=1)
        return s.out(x)

class MoEMask(nn.Module):
    """Experts as modules, masked by one_hot (Switch)."""
    def __init__(s, d=16, e=3):
        super().__init__(); s.inp = nn.Linear(20, d); s.router = nn.Linear(d, e); s.experts = nn.ModuleList(nn.Sequential(nn.Linear(d, 24), nn.ReLU(), nn.Linear(24, d)) for _ in range(e)); s.out = nn.Linear(d, 5)
    def forward(s, x):
        x = s.inp(x); p = s.router(x + torch.empty_like(x).uniform_(-.01, .01)).softmax(-1); m, i = p.max(dim=-1); mask = F.one_hot(i, 3).to(x.dtype); y = torch.zeros_like(x)
        for e, f in enumerate(s.experts): y = y + mask[:, e:e + 1] * f(x)
        return s.out(x + y * m.unsqueeze(1))

class Mamba(nn.Module):
    def __init__(s, d=12, n=4, v=40):
        super().__init__(); s.emb = nn.Embedding(v, d); s.inp = nn.Linear(d, 2 * d, bias=False); s.conv = nn.Conv1d(d, d, 4, groups=d, padding=3); s.x = nn.Linear(d, 2 * n + 1, bias=False); s.dt = nn.Linear(1, d); s.A = nn.Parameter(torch.log(torch.arange(1, n + 1).float()).repeat(d, 1)); s.D = nn.Parameter(torch.ones(d)); s.o = nn.Linear(d, d, bias=False); s.n = n; s.ln = nn.LayerNorm(d); s.head = nn.Linear(d, v)
    def forward(s, ids):
        e = s.emb(ids); B, L, D = e.shape; x, z = s.inp(s.ln(e)).chunk(2, dim=-1)
        x = F.silu(s.conv(x.transpose(1, 2))[..., :L]).transpose(1, 2); dt, b, c = torch.split(s.x(x), [1, s.n, s.n], dim=-1)
        dt = F.softplus(s.dt(dt)); A = -torch.exp(s.A); dA = torch.exp(dt.unsqueeze(-1) * A); dB = dt.unsqueeze(-1) * b.unsqueeze(2) * x.unsqueeze(-1)
        h = torch.zeros(B, D, s.n, device=ids.device); ys = []
        for t in range(L): h = dA[:, t] * h + dB[:, t]; ys.append(torch.einsum('bdn,bn->bd', h, c[:, t]))
        y = (torch.stack(ys, 1) + x * s.D) * F.silu(z)
        return s.head(e + s.o(y))

class GCN(nn.Module):
    def __init__(s):
        super().__init__(); s.a = nn.Linear(8, 16); s.b = nn.Linear(16, 16); s.out = nn.Linear(16, 3)
    def forward(s, x, adj):
        adj = adj.sigmoid() + torch.eye(adj.shape[-1], device=adj.device); d = adj.sum(-1).rsqrt(); adj = d.unsqueeze(-1) * adj * d.unsqueeze(-2)
        h = F.relu(torch.bmm(adj, s.a(x))); h = F.relu(adj @ s.b(h)); m = torch.cat([h.mean(1), h.max(1).values], -1) if False else h.mean(1) + h.max(1).values
        return s.out(F.normalize(m, dim=-1))

class CLIP(nn.Module):
    def __init__(s, d=16):
        super().__init__(); s.img = nn.Sequential(nn.Conv2d(3, 8, 4, 4), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveMaxPool2d(2), nn.Flatten(), nn.Linear(32, d)); s.tok = nn.Embedding(50, d); s.proj = nn.Linear(d, d, bias=False); s.scale = nn.Parameter(torch.ones([]) * 2.65)
    def forward(s, image, text):
        i = s.img(image); t = s.proj(s.tok(text).mean(1)); i = i / i.norm(dim=1, keepdim=True); t = t / t.norm(dim=1, keepdim=True)
        return s.scale.exp() * i @ t.t()

class TCN(nn.Module):
    """Forecasting: weight-normed causal convolutions over a series, normalised by its own mean (RevIN)."""
    def __init__(s):
        super().__init__(); w = nn.utils.parametrizations.weight_norm
        s.c1 = w(nn.Conv1d(4, 8, 3, padding=2)); s.c2 = w(nn.Conv1d(8, 8, 3, padding=4, dilation=2)); s.d = nn.Dropout1d(.1); s.o = nn.Linear(24, 6); s.p = nn.Conv1d(8, 4, 1)
    def forward(s, x):                      # (B, 4, 24)
        m = x.mean(-1, keepdim=True).detach(); v = torch.sqrt(x.var(-1, keepdim=True, unbiased=False) + 1e-5).detach(); x = (x - m) / v
        h = s.d(F.relu(s.c1(x)[:, :, :-2])); h = F.relu(s.c2(h)[:, :, :-4] + h)
        return s.o(s.p(h)) * v + m

f = lambda *s: ('f', s); i = lambda n, *s: ('i', n, s)
N = {
 'wavenet': (WaveNet, [i(32, 24)], 'cross_entropy', True),
 'moe': (MoE, [f(20)], 'cross_entropy', True),
 'moe_switch': (MoEMask, [f(20)], 'cross_entropy', True),
 'unet_interp': (UNetInterp, [f(3, 32, 32)], 'cross_entropy', True),
 'gn_lrn': (GnLrn, [f(3, 32, 32)], 'cross_entropy', True),
 'pointnet': (PointNet, [f(3, 40)], 'nll', True),
 'mamba': (Mamba, [i(40, 6)], 'cross_entropy', True),
 'gcn': (GCN, [f(7, 8), f(7, 7)], 'cross_entropy', True),
 'lstm_tagger': (lambda: Tagger('LSTM'), [i(50, 9)], 'cross_entropy', True),
 'gru_tagger': (lambda: Tagger('GRU'), [i(50, 9)], 'cross_entropy', True),
 'swin': (swin, [f(3, 32, 32)], 'cross_entropy', True),
 'clip': (CLIP, [f(3, 16, 16), i(50, 5)], 'cross_entropy', True),
 'tcn': (TCN, [f(4, 24)], 'smooth_l1', True),
 'vae': (VAE, [f(1, 28, 28)], 'none', True),
 'convlstm': (ConvLSTM, [f(3, 3, 12, 12)], 'mse', True),
 'deeplab': (DeepLab, [f(3, 32, 32)], 'cross_entropy', True),
}

def build(name, device=None):
    torch.manual_seed(0)
    m = N[name][0]().train()
    inputs(name, 2)
    if any(isinstance(p, nn.parameter.UninitializedParameter) for p in m.parameters()): m(*inputs(name, 2))
    return m
def inputs(name, n, device='cpu'):
    return tuple(torch.randn((n, *s[1]), device=device) if s[0] == 'f' else torch.randint(1, s[1], (n, *s[2]), device=device) for s in N[name][1])
def token(name): return N[name][1][0][0] == 'i'
def target(name, out, device='cpu'):
    l = N[name][2]
    if l == 'none': return None
    if l in ('cross_entropy', 'nll'):
        if token(name) and out.dim() == 3: return torch.randint(0, min(out.shape[1:]), tuple(N_ids(name, out)), device=device)
        return torch.randint(0, out.shape[1], (out.shape[0], *out.shape[2:]), device=device)
    if l == 'bce_with_logits': return torch.rand(out.shape, device=device)
    return torch.randn(out.shape, device=device)
def tokens_last(name, out):   # (B,T,V) against tokens (B,T): as the oracle; (B,C,T) stays
    return token(name) and out.dim() == 3 and out.shape[1] == N[name][1][0][2][0]
def N_ids(name, out): return out.shape[:2] if tokens_last(name, out) else (out.shape[0], *out.shape[2:])
def loss_fn(name, out, y):
    l = N[name][2]
    if l == 'none': return out
    if l == 'cross_entropy': return F.cross_entropy(out.view(-1, out.shape[-1]), y.view(-1)) if tokens_last(name, out) else F.cross_entropy(out, y)
    if l == 'nll': return F.nll_loss(out, y)
    return {'mse': F.mse_loss, 'l1': F.l1_loss, 'smooth_l1': F.smooth_l1_loss, 'bce_with_logits': F.binary_cross_entropy_with_logits}[l](out, y)
