"""Optimiser, learning rate, moving average and checkpoints of the speech network's training."""

from __future__ import annotations

import logging
from pathlib import Path

import torch
from torch import Tensor

from vasa_avatar.training.speech.model import SpeechNet

log = logging.getLogger(__name__)
EMA_DECAY = 0.999
FALL = 0.6
"""from this share of the steps on the learning rate falls to nothing"""


class Trainer:
    """Holds the network, its moving average and the optimiser; saves and resumes.

    Args:
        checkpoint: the file that is written and, when it exists, resumed from.
        learning_rate: the peak.
        steps: length of the run; the rate falls to nothing from FALL on.
    """

    def __init__(self, checkpoint: Path, learning_rate: float, steps: int) -> None:
        self.net = SpeechNet()
        self.average = SpeechNet()
        self.average.load_state_dict(self.net.state_dict())
        self.optimiser = torch.optim.AdamW(
            self.net.parameters(), lr=learning_rate, weight_decay=1e-3, betas=(0.9, 0.98)
        )
        self.learning_rate, self.steps, self.checkpoint, self.step = (
            learning_rate, steps, checkpoint, 0,
        )  # fmt: skip
        if checkpoint.exists():
            state = torch.load(checkpoint, weights_only=True)
            self.net.load_state_dict(state["net"])
            self.average.load_state_dict(state["average"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.step = int(state["step"])
            log.info("resumed at step %d", self.step)

    def update(self, loss: Tensor) -> None:
        """One step of the optimiser and of the moving average."""
        done = self.step / self.steps
        rate = self.learning_rate * min(1.0, (self.step + 1) / 200)
        rate *= 1.0 if done < FALL else max(0.02, (1 - done) / (1 - FALL))
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 2.0)
        self.optimiser.step()
        self.step += 1
        decay = min(EMA_DECAY, (self.step + 1) / (self.step + 20))
        with torch.no_grad():
            for kept, new in zip(
                self.average.state_dict().values(), self.net.state_dict().values(), strict=True
            ):
                if kept.dtype.is_floating_point:
                    kept.lerp_(new, 1 - decay)
                else:
                    kept.copy_(new)

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
