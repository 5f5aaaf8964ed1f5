"""The building blocks (spec chapter 1).

Shapes: x [B, c1, H, W] → [B, c2, H/stride, W/stride]. Attribute names that look terse (`cv1`, `m`, `pe`)
are the published state-dict keys.
"""

import torch
from torch import Tensor, nn

from yolov10.architecture import BATCH_NORM_EPSILON, attention_widths


class Conv(nn.Module):
    """Convolution → batch-norm → SiLU, or nothing where `act=False` (spec 1.1)."""

    def __init__(
        self, c1: int, c2: int, kernel: int = 1, stride: int = 1, groups: int = 1, *, act: bool = True
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(c1, c2, kernel, stride, kernel // 2, groups=groups, bias=False)
        self.bn: nn.Module = nn.BatchNorm2d(
            c2, eps=BATCH_NORM_EPSILON, momentum=0.03
        )  # an Identity once fused
        self.act = nn.SiLU(inplace=True) if act else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.bn(self.conv(x)))  # type: ignore[no-any-return]


class Bottleneck(nn.Module):
    """Two 3×3 convolutions, with a shortcut or without (spec 1.2)."""

    def __init__(self, c: int, *, shortcut: bool) -> None:
        super().__init__()
        self.cv1 = Conv(c, c, 3)
        self.cv2 = Conv(c, c, 3)
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.cv2(self.cv1(x))
        return x + y if self.shortcut else y


class C2f(nn.Module):
    """Splits in two, sends one half down a chain of blocks, concatenates every step (spec 1.3)."""

    def __init__(self, c1: int, c2: int, *, repeats: int, shortcut: bool) -> None:
        super().__init__()
        c = c2 // 2
        self.cv1 = Conv(c1, 2 * c)
        self.cv2 = Conv((2 + repeats) * c, c2)
        self.m = nn.ModuleList(Bottleneck(c, shortcut=shortcut) for _ in range(repeats))

    def forward(self, x: Tensor) -> Tensor:
        steps = list(self.cv1(x).chunk(2, dim=1))
        for block in self.m:
            steps.append(block(steps[-1]))
        return self.cv2(torch.cat(steps, dim=1))  # type: ignore[no-any-return]


class SCDown(nn.Module):
    """Spatial–channel decoupled downsampling: pointwise first, then depthwise, no activation (spec 1.4)."""

    def __init__(self, c1: int, c2: int, *, kernel: int, stride: int) -> None:
        super().__init__()
        self.cv1 = Conv(c1, c2)
        self.cv2 = Conv(c2, c2, kernel, stride, groups=c2, act=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.cv2(self.cv1(x))  # type: ignore[no-any-return]


class RepVGGDW(nn.Module):
    """Depthwise 7×7 beside depthwise 3×3; `fuse` merges them into one 7×7 (spec 1.5)."""

    def __init__(self, c: int) -> None:
        super().__init__()
        self.conv = Conv(c, c, 7, groups=c, act=False)
        self.conv1 = Conv(c, c, 3, groups=c, act=False)
        self.act = nn.SiLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.conv(x) + self.conv1(x))  # type: ignore[no-any-return]


class CIB(nn.Module):
    """Compact inverted block: depthwise and pointwise in turn, twice as wide inside (spec 1.6)."""

    def __init__(self, c: int, *, shortcut: bool, large_kernel: bool, hidden: int | None = None) -> None:
        super().__init__()
        hidden = 2 * c if hidden is None else hidden
        self.cv1 = nn.Sequential(
            Conv(c, c, 3, groups=c),
            Conv(c, hidden),
            RepVGGDW(hidden) if large_kernel else Conv(hidden, hidden, 3, groups=hidden),
            Conv(hidden, c),
            Conv(c, c, 3, groups=c),
        )
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.cv1(x)
        return x + y if self.shortcut else y


class C2fCIB(C2f):
    """A C2f whose blocks are compact inverted blocks (spec 1.7)."""

    def __init__(self, c1: int, c2: int, *, repeats: int, shortcut: bool, large_kernel: bool) -> None:
        super().__init__(c1, c2, repeats=0, shortcut=shortcut)
        c = c2 // 2
        self.cv2 = Conv((2 + repeats) * c, c2)
        self.m = nn.ModuleList(CIB(c, shortcut=shortcut, large_kernel=large_kernel) for _ in range(repeats))


class SPPF(nn.Module):
    """Three 5×5 max-pools in a row, all stages concatenated: windows of 5, 9 and 13 (spec 1.8)."""

    def __init__(self, c1: int, c2: int, *, kernel: int) -> None:
        super().__init__()
        hidden = c1 // 2
        self.cv1 = Conv(c1, hidden)
        self.cv2 = Conv(4 * hidden, c2)
        self.m = nn.MaxPool2d(kernel, stride=1, padding=kernel // 2)

    def forward(self, x: Tensor) -> Tensor:
        stages = [self.cv1(x)]
        for _ in range(3):
            stages.append(self.m(stages[-1]))
        return self.cv2(torch.cat(stages, dim=1))  # type: ignore[no-any-return]


class Attention(nn.Module):
    """Multi-head self-attention over the cells of the map; position comes from a 3×3 on v (spec 1.9)."""

    def __init__(self, d: int) -> None:
        super().__init__()
        self.heads, self.key_width, self.value_width = attention_widths(d)
        self.qkv = Conv(d, d + 2 * self.key_width * self.heads, act=False)
        self.proj = Conv(d, d, act=False)
        self.pe = Conv(d, d, 3, groups=d, act=False)

    def forward(self, x: Tensor) -> Tensor:
        b, d, h, w = x.shape
        q, k, v = self.queries_keys_values(x)
        out = (v @ self.weights(q, k).transpose(-2, -1)).reshape(b, d, h, w)
        return self.proj(out + self.pe(v.reshape(b, d, h, w)))  # type: ignore[no-any-return]

    def queries_keys_values(self, x: Tensor) -> tuple[Tensor, ...]:
        """Queries and keys [B, heads, key_width, N], values [B, heads, value_width, N] of the N cells.

        Channels are grouped per head, and inside a head as q, k, v: three slices of each group.
        """
        per_head = self.qkv(x).reshape(len(x), self.heads, 2 * self.key_width + self.value_width, -1)
        widths = [self.key_width, self.key_width, self.value_width]
        return per_head.split(widths, dim=2)  # type: ignore[no-any-return]

    def weights(self, q: Tensor, k: Tensor) -> Tensor:
        """How much each cell (row) looks at each other (column): [B, heads, N, N], rows sum to 1."""
        products: Tensor = q.transpose(-2, -1) @ k * self.key_width**-0.5
        return products.softmax(dim=-1)


class PSA(nn.Module):
    """Partial self-attention: half of the channels pass attention and a feed-forward pair (spec 1.10)."""

    def __init__(self, c1: int, c2: int) -> None:
        super().__init__()
        assert c1 == c2, "PSA keeps its width"
        self.d = c1 // 2
        self.cv1 = Conv(c1, 2 * self.d)
        self.cv2 = Conv(2 * self.d, c2)
        self.attn = Attention(self.d)
        self.ffn = nn.Sequential(Conv(self.d, 2 * self.d), Conv(2 * self.d, self.d, act=False))

    def forward(self, x: Tensor) -> Tensor:
        a, b = self.cv1(x).chunk(2, dim=1)
        b = b + self.attn(b)
        b = b + self.ffn(b)
        return self.cv2(torch.cat([a, b], dim=1))  # type: ignore[no-any-return]


class Concat(nn.Module):
    """Joins maps along channels, in the order given."""

    def forward(self, *maps: Tensor) -> Tensor:
        return torch.cat(maps, dim=1)
