"""The networks that are trained and timed, each written once, as a function of the library.

Convolutions before BatchNorm have no bias: BatchNorm takes it away again, and Adam would make steps of its gradient, pure rounding noise.
"""


def LeNet(torch, dropout=0.25):
    """LeNet for 28x28 digits, with tanh and average pooling as in 1998, BatchNorm and Dropout: 37,128 parameters.

    It has no kinks, so rounding stays rounding: two runs that differ in the last bit do not part for hundreds of steps.
    """
    nn = torch.nn
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2, bias=False), nn.BatchNorm2d(6), nn.Tanh(), nn.AvgPool2d(2),          # (B, 6, 14, 14)
        nn.Conv2d(6, 16, 5, bias=False), nn.BatchNorm2d(16), nn.Tanh(), nn.AvgPool2d(2),                   # (B, 16, 5, 5)
        nn.Flatten(), nn.Dropout(dropout),
        nn.Linear(400, 84), nn.Tanh(), nn.Dropout(dropout), nn.Linear(84, 10))


def TwoBlocks(torch):
    """Two convolution blocks of 32 and 64 channels and a hidden layer of 128, with ReLU and max pooling: 421,738 parameters.

    A value that rounds to the other side of a kink changes a gradient, so even PyTorch parts from itself within tens of steps.
    """
    nn = torch.nn
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),        # (B, 32, 14, 14)
        nn.Conv2d(32, 64, 3, padding=1, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2),       # (B, 64, 7, 7)
        nn.Flatten(), nn.Dropout(0.25),
        nn.Linear(3136, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10))


def EncoderBlock(torch, width, heads, dropout=0.0):
    """A transformer's encoder block: x + attention(norm(x)), then x + mlp(norm(x))."""
    nn = torch.nn

    class EncoderBlock(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm1 = nn.LayerNorm(width)
            self.attention = nn.MultiheadAttention(width, heads, dropout=dropout, batch_first=True)
            self.norm2 = nn.LayerNorm(width)
            self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width), nn.Dropout(dropout))

        def forward(self, x):                                       # (B, T, C)
            h = self.norm1(x)
            x = x + self.attention(h, h, h, need_weights=False)[0]
            return x + self.mlp(self.norm2(x))
    return EncoderBlock()


MODELS = {"lenet": LeNet, "cnn": TwoBlocks}
