"""Ordinary PyTorch programs run unchanged: same losses, same gradient norms, same samples, same printed modules."""
import gc

import pytest
import torch

import minitorch


def gpt(torch):
    """A small GPT with tied weights, trained with AdamW, clipping and a schedule; then it writes, by top-k sampling."""
    nn, F = torch.nn, torch.nn.functional

    class Block(nn.Module):
        def __init__(self, d, heads):
            super().__init__()
            self.ln1, self.ln2 = nn.LayerNorm(d, bias=False), nn.LayerNorm(d)
            self.qkv, self.proj, self.heads = nn.Linear(d, 3 * d, bias=False), nn.Linear(d, d), heads
            self.mlp = nn.Sequential(nn.Linear(d, 4 * d), nn.GELU(), nn.Linear(4 * d, d), nn.Dropout(0.1))

        def forward(self, x):
            B, T, C = x.size()
            q, k, v = self.qkv(self.ln1(x)).split(C, dim=2)
            q, k, v = [t.view(B, T, self.heads, C // self.heads).transpose(1, 2) for t in (q, k, v)]
            y = F.scaled_dot_product_attention(q, k, v, attn_mask=None, dropout_p=0.1 if self.training else 0, is_causal=True)
            x = x + self.proj(y.transpose(1, 2).contiguous().view(B, T, C))
            return x + self.mlp(self.ln2(x))

    class GPT(nn.Module):
        def __init__(self, vocabulary=20, d=32, layers=2, T=16):
            super().__init__()
            self.T = T
            self.transformer = nn.ModuleDict(dict(
                wte=nn.Embedding(vocabulary, d), wpe=nn.Embedding(T, d), drop=nn.Dropout(0.1),
                h=nn.ModuleList([Block(d, 4) for _ in range(layers)]), ln_f=nn.LayerNorm(d)))
            self.head = nn.Linear(d, vocabulary, bias=False)
            self.transformer.wte.weight = self.head.weight
            self.apply(self.initialize)

        def initialize(self, module):
            if isinstance(module, nn.Linear):
                torch.nn.init.normal_(module.weight, mean=0.0, std=0.02)
                if module.bias is not None:
                    torch.nn.init.zeros_(module.bias)
            elif isinstance(module, nn.Embedding):
                torch.nn.init.normal_(module.weight, mean=0.0, std=0.02)

        def forward(self, index, targets=None):
            position = torch.arange(0, index.size(1), dtype=torch.long, device=index.device)
            x = self.transformer.drop(self.transformer.wte(index) + self.transformer.wpe(position))
            for block in self.transformer.h:
                x = block(x)
            logits = self.head(self.transformer.ln_f(x))
            if targets is None:
                return logits, None
            return logits, F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1), ignore_index=-1)

        @torch.no_grad()
        def generate(self, index, n, top_k=5):
            for _ in range(n):
                logits, _ = self(index if index.size(1) <= self.T else index[:, -self.T:])
                logits = logits[:, -1, :]
                best, _ = torch.topk(logits, min(top_k, logits.size(-1)))
                logits[logits < best[:, [-1]]] = -float("Inf")
                index = torch.cat((index, torch.multinomial(F.softmax(logits, dim=-1), num_samples=1)), dim=1)
            return index

    torch.manual_seed(1337)
    model = GPT()
    groups = [{"params": [p for p in model.parameters() if p.dim() >= 2], "weight_decay": 0.1},
              {"params": [p for p in model.parameters() if p.dim() < 2], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.95))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 20)
    data = torch.randint(20, (1000,))
    numbers = []
    for _ in range(20):
        starts = torch.randint(len(data) - 16, (8,))
        x, y = torch.stack([data[i:i + 16] for i in starts]), torch.stack([data[i + 1:i + 17] for i in starts])
        _, loss = model(x, y)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        numbers += [loss.item(), torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0).item()]
        optimizer.step()
        schedule.step()
    model.eval()
    written = model.generate(torch.zeros((1, 1), dtype=torch.long), 12).tolist()
    return numbers, [written, str(model), [name for name, _ in model.named_parameters()], schedule.get_last_lr()]


def variational_autoencoder(torch):
    """An autoencoder that samples its code, with a loss written out by hand."""
    nn, F = torch.nn, torch.nn.functional

    class VAE(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder = nn.Sequential(nn.Linear(20, 16), nn.ReLU())
            self.mu, self.logvar, self.decoder = nn.Linear(16, 3), nn.Linear(16, 3), nn.Sequential(nn.Linear(3, 16), nn.Tanh(),
                                                                                                   nn.Linear(16, 20))

        def forward(self, x):
            h = self.encoder(x)
            mu, logvar = self.mu(h), self.logvar(h)
            z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
            return self.decoder(z), mu, logvar
    torch.manual_seed(3)
    model, x = VAE(), torch.rand(40, 20)
    optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3, momentum=0.9)
    numbers = []
    for _ in range(15):
        y, mu, logvar = model(x)
        loss = F.binary_cross_entropy_with_logits(y, x, reduction="sum") - 0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        numbers.append(loss.item())
    return numbers, [repr(model)]


def tagger(torch):
    """A bidirectional LSTM that tags sequences of different lengths, with padding left out of the loss."""
    nn, F = torch.nn, torch.nn.functional
    torch.manual_seed(5)
    embedding, lstm, head = nn.Embedding(11, 6, padding_idx=0), nn.LSTM(6, 7, num_layers=2, bidirectional=True, batch_first=True,
                                                                        dropout=0.2), nn.Linear(14, 4)
    parameters = [p for m in (embedding, lstm, head) for p in m.parameters()]
    optimizer = torch.optim.SGD(parameters, lr=0.3, momentum=0.9, nesterov=True)
    lengths = torch.tensor([9, 5, 7, 2])
    words = torch.randint(1, 11, (4, 9))
    words[torch.arange(9)[None] >= lengths[:, None]] = 0
    tags = torch.where(words > 0, words % 4, torch.tensor(-100))
    numbers = []
    for _ in range(12):
        out, (h, c) = lstm(embedding(words))
        loss = F.cross_entropy(head(out).transpose(1, 2), tags)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        numbers += [loss.item(), h.abs().mean().item()]
    return numbers, [head(out).argmax(-1).tolist()]


@pytest.mark.parametrize("program", [gpt, variational_autoencoder, tagger], ids=lambda f: f.__name__)
def test_same_in_both(program):
    (theirs, their_words), (ours, our_words) = program(torch), program(minitorch)
    assert ours == pytest.approx(theirs, rel=2e-5)
    assert our_words == their_words


def test_training_leaves_nothing_behind_without_the_cycle_collector():
    torch, nn = minitorch, minitorch.nn
    torch.manual_seed(0)
    cnn = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.2), nn.Linear(36, 10))
    embedding, lstm = nn.Embedding(5, 4), nn.LSTM(4, 4, 2, dropout=0.1, bidirectional=True)
    attention, norm = nn.MultiheadAttention(8, 2, dropout=0.1), nn.LayerNorm(8)
    optimizer = torch.optim.Adam([p for m in (cnn, embedding, lstm, attention, norm) for p in m.parameters()])
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.randn(16, 1, 8, 8), torch.randint(10, (16,))), 4,
                                         shuffle=True)
    gc.collect()
    gc.disable()
    try:
        counts = []
        for _ in range(5):
            for x, y in loader:
                h, _ = lstm(embedding(y % 5)[:, None])
                a, _ = attention(h, h, h)
                loss = nn.functional.cross_entropy(cnn(x), y) + norm(a + h).pow(2).mean()
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(cnn.parameters(), 1.0)
                optimizer.step()
            counts.append(len(gc.get_objects()))
        assert len(set(counts[2:])) == 1, counts
    finally:
        gc.enable()
