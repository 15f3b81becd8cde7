"""The network in torch: log-mel rows to viseme posteriors and articulator activities.

One causal trunk of dilated convolutions works on blocks of two rows (50 Hz); two heads read it, one
80 ms and one 160 ms of the session's time late: at block j they describe rows 2j - 2, 2j - 1 and
2j - 10, 2j - 9. Level is normalised inside, by a peak follower with a floor, so that quiet and loud
copies of the same speech look the same and near-silence stays silent.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from vasa_avatar.motion.speech.articulation import N_ARTICULATORS
from vasa_avatar.training.speech.features import N_MELS
from vasa_avatar.training.speech.phones import CLASSES

BLOCK_ROWS = 2
DELAY_BLOCKS = {80: 1, 160: 5}
LEVEL_FLOOR = -5.5
"""natural-log power; speech at -30 dBFS peaks around -3"""
LEVEL_DECAY = 0.0046
"""per row: 2 dB a second"""
RANGE = 10.5
"""nepers of power that are told apart below the level: 45 dB"""


@dataclass(frozen=True, slots=True)
class NetworkSize:
    """Widths and dilations of the trunk."""

    channels: int = 192
    head_channels: int = 128
    dilations: tuple[int, ...] = (1, 2, 4, 8, 16, 4, 2, 1)


def normalise(log_mel: Tensor) -> Tensor:
    """(B, T, 40) log-mel to (B, T, 41): bands under the followed level, and the row's own level."""
    rows = log_mel.shape[1]
    level = torch.logsumexp(log_mel, dim=2) - torch.log(torch.tensor(float(N_MELS)))
    ramp = LEVEL_DECAY * torch.arange(rows, dtype=log_mel.dtype)
    followed = torch.cummax(level + ramp, dim=1).values - ramp
    followed = followed.clamp(min=LEVEL_FLOOR)[..., None]
    relative = torch.cat((log_mel, level[..., None]), dim=2) - followed
    return relative.clamp(min=-RANGE) / 3.0 + 1.75


class CausalBlock(nn.Module):
    """Residual: dilated causal convolution over three blocks, then a mix of channels."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.dilation = dilation
        self.conv = nn.Conv1d(channels, channels, 3, dilation=dilation)
        self.norm = nn.BatchNorm1d(channels)
        self.mix = nn.Conv1d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, J) to the same shape."""
        padded = nn.functional.pad(x, (2 * self.dilation, 0))
        return x + self.mix(torch.relu(self.norm(self.conv(padded))))


class Head(nn.Module):
    """Class scores and activities of a block's two rows."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(channels, width, 3)
        self.norm = nn.BatchNorm1d(width)
        self.out = nn.Conv1d(width, BLOCK_ROWS * (len(CLASSES) + N_ARTICULATORS), 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, J) to (B, 2 J, 24): 15 scores, 9 activities before the sigmoid."""
        hidden = torch.relu(self.norm(self.conv(nn.functional.pad(x, (2, 0)))))
        out = self.out(hidden)
        batch, _, blocks = out.shape
        return out.transpose(1, 2).reshape(batch, blocks * BLOCK_ROWS, -1)


class SpeechNet(nn.Module):
    """See the module's text."""

    def __init__(self, size: NetworkSize = NetworkSize()) -> None:
        super().__init__()
        self.size = size
        self.stem = nn.Conv1d(BLOCK_ROWS * (N_MELS + 1), size.channels, 1)
        self.blocks = nn.ModuleList(CausalBlock(size.channels, d) for d in size.dilations)
        self.heads = nn.ModuleDict(
            {str(ms): Head(size.channels, size.head_channels) for ms in DELAY_BLOCKS}
        )

    def forward(self, log_mel: Tensor) -> dict[int, Tensor]:
        """(B, T, 40), T even, to {lookahead_ms: (B, T, 24)}.

        Row t of the result describes row t - 2 * delay of the input.
        """
        x = normalise(log_mel)
        batch, rows, _ = x.shape
        x = x.reshape(batch, rows // BLOCK_ROWS, -1).transpose(1, 2)
        x = torch.relu(self.stem(x)).float()
        for block in self.blocks:
            x = block(x)
        return {ms: self.heads[str(ms)](x).float() for ms in DELAY_BLOCKS}


def aligned(outputs: dict[int, Tensor], ms: int) -> tuple[Tensor, int]:
    """One head's rows from the first described row on, and how many input rows they cover."""
    delay = BLOCK_ROWS * DELAY_BLOCKS[ms]
    rows = outputs[ms][:, delay:]
    return rows, rows.shape[1]
