"""Optimiser, learning rate, moving average and checkpoints of one net's training."""

from __future__ import annotations

import copy
import math
from pathlib import Path

import torch
from torch import Tensor, nn

EMA_DECAY = 0.998
WARMUP_STEPS = 150
BETAS = (0.9, 0.99)


class Trainer:
    """Holds the net, its moving average and the optimiser; saves and resumes.

    Args:
        net: to train.
        checkpoint: the file that is written and, when it exists, resumed from.
        learning_rate: the peak; it falls along a cosine.
        steps: length of the whole run.
    """

    def __init__(self, net: nn.Module, checkpoint: Path, learning_rate: float, steps: int) -> None:
        self.net = net.to(memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.net).eval()
        self.optimiser = torch.optim.AdamW(
            net.parameters(), lr=learning_rate, weight_decay=1e-2, betas=BETAS
        )
        self.checkpoint, self.learning_rate, self.steps, self.step = (
            checkpoint,
            learning_rate,
            steps,
            0,
        )
        if checkpoint.exists():
            state = torch.load(checkpoint, weights_only=True)
            self.net.load_state_dict(state["net"])
            self.average.load_state_dict(state["average"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.step = int(state["step"])

    def update(self, loss: Tensor) -> None:
        """One step of the optimiser and of the moving average."""
        rate = self.learning_rate * min(1.0, (self.step + 1) / WARMUP_STEPS)
        rate *= 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, self.step / self.steps)))
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        self.optimiser.step()
        self.step += 1
        decay = min(EMA_DECAY, (self.step + 1) / (self.step + 20))
        with torch.no_grad():
            kept, new = self.average.state_dict(), self.net.state_dict()
            for name, value in kept.items():
                if value.dtype.is_floating_point:
                    value.lerp_(new[name], 1 - decay)
                else:
                    value.copy_(new[name])

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
