"""Optimiser, learning rate, moving average and checkpoints of one net's training."""

from __future__ import annotations

import copy
import math
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

EMA_DECAY = 0.998
WARMUP_STEPS = 150
BETAS = (0.9, 0.99)


@dataclass(frozen=True, slots=True)
class Length:
    """When a run ends: after its steps or its time, whichever comes first."""

    steps: int
    limit_s: float | None = None
    """from the start of this process's part of the run"""


class Trainer:
    """Holds the net, its moving average and the optimiser; saves and resumes.

    Args:
        net: to train.
        checkpoint: the file that is written and, when it exists, resumed from.
        learning_rate: the peak; it falls along a cosine.
        length: of the whole run.
    """

    def __init__(
        self, net: nn.Module, checkpoint: Path, learning_rate: float, length: Length
    ) -> None:
        self.net = net.to(memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.net).eval()
        self.optimiser = torch.optim.AdamW(
            net.parameters(), lr=learning_rate, weight_decay=1e-2, betas=BETAS
        )
        self.checkpoint, self.learning_rate = checkpoint, learning_rate
        self.length, self.step, self._start_s = length, 0, time.monotonic()
        if checkpoint.exists():
            state = torch.load(checkpoint, weights_only=True)
            self.net.load_state_dict(state["net"])
            self.average.load_state_dict(state["average"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.step = int(state["step"])

    @property
    def progress(self) -> float:
        """Share of the run that is done, 0 to 1."""
        share = self.step / self.length.steps
        if self.length.limit_s is not None:
            share = max(share, (time.monotonic() - self._start_s) / self.length.limit_s)
        return min(1.0, share)

    def update(self, loss: Tensor) -> None:
        """One step of the optimiser and of the moving average."""
        rate = self.learning_rate * min(1.0, (self.step + 1) / WARMUP_STEPS)
        rate *= 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * self.progress))
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        self.optimiser.step()
        self.step += 1
        decay = min(EMA_DECAY, (self.step + 1) / (self.step + 20))
        with torch.no_grad():
            for kept, new in (
                (self.average.parameters(), self.net.parameters()),
                (self._averages_of(self.average), self._averages_of(self.net)),
            ):
                torch._foreach_lerp_(list(kept), list(new), 1 - decay)

    @staticmethod
    def _averages_of(net: nn.Module) -> list[Tensor]:
        """Mean and variance of the normalisations."""
        return [value for value in net.buffers() if value.dtype.is_floating_point]

    def save(self) -> None:
        """Write the checkpoint (first under a temporary name)."""
        temporary = self.checkpoint.with_suffix(".part")
        torch.save(
            {
                "net": self.net.state_dict(),
                "average": self.average.state_dict(),
                "optimiser": self.optimiser.state_dict(),
                "step": self.step,
            },
            temporary,
        )
        temporary.rename(self.checkpoint)
