"""Learn to find and to read drawn faces from the artist's pictures; CPU is enough.

    python -m vasa_avatar.training.drawing.train points --pool POOL --out RUNS --steps 12000

A run that is started again goes on from its checkpoint. New chunks of the pool are taken in while
it runs.
"""

from __future__ import annotations

import argparse
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from vasa_avatar.training.drawing.batches import (
    EYE_CLASSES,
    MOUTH_CLASSES,
    PartBatch,
    eye_batch,
    finder_batch,
    mouth_batch,
    point_batch,
)
from vasa_avatar.training.drawing.losses import flag_loss, heat_loss, point_loss
from vasa_avatar.training.drawing.nets import Finder, PartNet, PointNet
from vasa_avatar.training.drawing.pool import Pool
from vasa_avatar.training.drawing.trainer import Trainer

log = logging.getLogger(__name__)
REPORT_EVERY = 100
SAVE_EVERY = 250
EYE_POINTS, MOUTH_POINTS = 9, 8
Step = Callable[[nn.Module, Pool, int, np.random.Generator], Tensor]


@dataclass(frozen=True, slots=True)
class Task:
    """What one net learns."""

    make: Callable[[], nn.Module]
    step: Step
    batch: int
    learning_rate: float


def _pictures(array: np.ndarray) -> Tensor:
    return torch.from_numpy(array).contiguous(memory_format=torch.channels_last)


def _finder_step(net: nn.Module, pool: Pool, size: int, rng: np.random.Generator) -> Tensor:
    batch = finder_batch(pool, size, rng)
    with torch.autocast("cpu", torch.bfloat16):
        out = net(_pictures(batch.pictures))
    out = out.float()
    loss = heat_loss(out[:, 0], torch.from_numpy(batch.heat), torch.from_numpy(batch.known))
    if len(batch.centres):
        known = torch.from_numpy(batch.centres)
        i, row, column = known[:, :3].long().T
        loss = loss + functional.l1_loss(out[i, 1:, row, column], known[:, 3:])
    return loss


def _point_step(net: nn.Module, pool: Pool, size: int, rng: np.random.Generator) -> Tensor:
    batch = point_batch(pool, size, rng, pool.photos)
    with torch.autocast("cpu", torch.bfloat16):
        maps, flags = net(_pictures(batch.faces))
    weight = torch.from_numpy(batch.weight)
    loss = point_loss(maps.float(), torch.from_numpy(batch.points), weight)
    told = flag_loss(
        flags.float(), torch.from_numpy(batch.flags), torch.from_numpy(batch.flag_weight)
    )
    return loss + 0.5 * told


def _part_step(net: nn.Module, batch: PartBatch) -> Tensor:
    with torch.autocast("cpu", torch.bfloat16):
        maps, classes, flags = net(_pictures(batch.parts))
    loss = point_loss(maps.float(), torch.from_numpy(batch.points), torch.from_numpy(batch.weight))
    wanted = torch.from_numpy(batch.classes)
    loss = loss + 0.7 * functional.cross_entropy(classes.float(), wanted)
    told = torch.from_numpy(batch.flags)
    return loss + 0.3 * flag_loss(flags.float(), told, torch.ones_like(told))


def _eye_step(net: nn.Module, pool: Pool, size: int, rng: np.random.Generator) -> Tensor:
    return _part_step(net, eye_batch(pool, size, rng))


def _mouth_step(net: nn.Module, pool: Pool, size: int, rng: np.random.Generator) -> Tensor:
    return _part_step(net, mouth_batch(pool, size, rng))


TASKS = {
    "finder": Task(Finder, _finder_step, 24, 2e-3),
    "points": Task(PointNet, _point_step, 32, 2.5e-3),
    "eye": Task(lambda: PartNet(EYE_POINTS, len(EYE_CLASSES)), _eye_step, 48, 2.5e-3),
    "mouth": Task(lambda: PartNet(MOUTH_POINTS, len(MOUTH_CLASSES)), _mouth_step, 48, 2.5e-3),
}


def train(
    name: str, pool_folder: Path, out: Path, steps: int, photos: Path | None = None
) -> Trainer:
    """Run, or go on with, one net's training.

    Args:
        name: of the task.
        pool_folder: with at least one chunk.
        out: folder of checkpoints, one per net.
        steps: length of the whole run.
        photos: folder of photographs, which show no drawn face; none are needed.

    Raises:
        ValueError: the pool is empty.
    """
    torch.manual_seed(1)
    task = TASKS[name]
    trainer = Trainer(task.make(), out / f"{name}.pt", task.learning_rate, steps)
    pool = Pool(pool_folder, photos)
    if len(pool) == 0:
        raise ValueError(f"{pool_folder} holds no pictures; draw some with training.drawing.pool")
    rng = np.random.default_rng([trainer.step, 7])
    total, start_s = 0.0, time.monotonic()
    while trainer.step < steps:
        loss = task.step(trainer.net, pool, task.batch, rng)
        trainer.update(loss)
        total += float(loss.detach())
        if trainer.step % REPORT_EVERY == 0:
            pace_s = (time.monotonic() - start_s) / REPORT_EVERY
            log.info(
                "%s step %d loss %.4f, %.2f s a step, pool %d",
                name,
                trainer.step,
                total / REPORT_EVERY,
                pace_s,
                pool.refresh(),
            )
            total, start_s = 0.0, time.monotonic()
        if trainer.step % SAVE_EVERY == 0 or trainer.step == steps:
            trainer.save()
    return trainer


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("net", choices=sorted(TASKS))
    parser.add_argument("--pool", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=12000)
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    args.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(args.threads)
    train(args.net, args.pool, args.out, args.steps, args.photos)


if __name__ == "__main__":
    main()
