"""The three kinds of nets: one finds faces, one gives their points, one looks at a part closely."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from vasa_avatar.geometry.drawn_layout import N_POINTS

N_POINT_FLAGS = N_POINTS + 4
"""A point is seen (40), right and left eye closed, mouth open, this is a face."""


class Block(nn.Module):
    """Two 3 x 3 convolutions beside a shortcut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.first_norm = nn.BatchNorm2d(channels)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.second_norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        """Same shape."""
        y = functional.relu(self.first_norm(self.first(x)))
        return functional.relu(x + self.second_norm(self.second(y)))


def _conv(inside: int, outside: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inside, outside, 3, stride, padding=1, bias=False),
        nn.BatchNorm2d(outside),
        nn.ReLU(),
    )


class Hourglass(nn.Module):
    """Down by strides of two and up again, levels joined by sums.

    Args:
        stem: channels after each of the first convolutions, which have no way around.
        levels: channels of the levels, fine to coarse; the first is that of the result.
        blocks: residual blocks on each level.
    """

    def __init__(self, stem: list[int], levels: list[int], blocks: list[int]) -> None:
        super().__init__()
        widths = [3, *stem]
        self.stem = nn.Sequential(*[_conv(a, b, 2) for a, b in zip(widths, stem, strict=False)])
        self.down = nn.ModuleList()
        inside = widths[-1]
        for i, (width, count) in enumerate(zip(levels, blocks, strict=True)):
            steps = [
                _conv(inside, width, 1 if i == 0 else 2),
                *[Block(width) for _ in range(count)],
            ]
            self.down.append(nn.Sequential(*steps))
            inside = width
        self.lateral = nn.ModuleList(
            nn.Conv2d(coarse, fine, 1) for fine, coarse in zip(levels, levels[1:], strict=False)
        )
        self.merge = nn.ModuleList(Block(width) for width in levels[:-1])

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The finest level's features and the coarsest ones."""
        x = self.stem(x)
        kept = []
        for level in self.down:
            x = level(x)
            kept.append(x)
        coarse = x
        for i in range(len(self.merge) - 1, -1, -1):
            up = functional.interpolate(self.lateral[i](x), scale_factor=2.0, mode="nearest")
            x = self.merge[i](kept[i] + up)
        return x, coarse


class Finder(nn.Module):
    """(B, 3, H, W) pictures in 0..1 to (B, 7, H / 8, W / 8): heat, offset, log size, turn."""

    def __init__(self) -> None:
        super().__init__()
        self.body = Hourglass([16, 24, 40], [40, 64, 96], [2, 2, 2])
        self.mix = Block(40)
        self.head = nn.Conv2d(40, 7, 1)
        nn.init.zeros_(self.head.weight)
        with torch.no_grad():
            self.head.bias.zero_()
            self.head.bias[0] = -4.0

    def forward(self, pictures: Tensor) -> Tensor:
        """See the class."""
        fine, _ = self.body(pictures * 2 - 1)
        return self.head(self.mix(fine))


class PointNet(nn.Module):
    """(B, 3, 128, 128) faces to maps (B, 40, 32, 32) and flags (B, 44), all logits."""

    def __init__(self) -> None:
        super().__init__()
        self.body = Hourglass([16, 28], [40, 56, 80, 112], [1, 2, 2, 2])
        self.mix = Block(40)
        self.maps = nn.Conv2d(40, N_POINTS, 1)
        self.flags = nn.Sequential(nn.Linear(112, 96), nn.ReLU(), nn.Linear(96, N_POINT_FLAGS))

    def forward(self, faces: Tensor) -> tuple[Tensor, Tensor]:
        """See the class."""
        fine, coarse = self.body(faces * 2 - 1)
        return self.maps(self.mix(fine)), self.flags(coarse.mean((2, 3)))


class PartNet(nn.Module):
    """(B, 3, 64, 64) an eye or a mouth to point maps (B, P, 32, 32), classes (B, C, 64, 64) and
    flags (B, 2), all logits."""

    def __init__(self, points: int, classes: int) -> None:
        super().__init__()
        self.body = Hourglass([16], [28, 36, 48, 72], [1, 1, 1, 2])
        self.mix = Block(28)
        self.maps = nn.Conv2d(28, points, 1)
        self.classes = nn.Conv2d(28, classes * 4, 1)
        self.flags = nn.Sequential(nn.Linear(72, 32), nn.ReLU(), nn.Linear(32, 2))

    def forward(self, parts: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """See the class."""
        fine, coarse = self.body(parts * 2 - 1)
        fine = self.mix(fine)
        classes = functional.pixel_shuffle(self.classes(fine), 2)
        return self.maps(fine), classes, self.flags(coarse.mean((2, 3)))


def soft_points(maps: Tensor) -> tuple[Tensor, Tensor]:
    """Logit maps (B, P, H, W) to points (B, P, 2) in 0..1 and each map's peak (B, P)."""
    height, width = maps.shape[2:]
    share = functional.softmax(maps.flatten(2), -1).reshape(maps.shape)
    x = (torch.arange(width, dtype=maps.dtype, device=maps.device) + 0.5) / width
    y = (torch.arange(height, dtype=maps.dtype, device=maps.device) + 0.5) / height
    points = torch.stack([(share.sum(2) * x).sum(-1), (share.sum(3) * y).sum(-1)], -1)
    return points, share.flatten(2).amax(-1)
