"""Learn to find and to read drawn faces from the artist's pictures; CPU is enough.

    python -m vasa_avatar.training.drawing.train points --pool POOL --out RUNS --steps 12000

A run that is started again goes on from its checkpoint. New chunks of the pool are taken in while
it runs. With a GPU (--device cuda --batch 128 --workers 4) its time is spent on making batches, so
give it cores; --minutes ends a run by the clock, the learning rate falling accordingly.
"""

from __future__ import annotations

import argparse
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from vasa_avatar.training.drawing.batches import (
    EYE_CLASSES,
    MOUTH_CLASSES,
    eye_batch,
    finder_batch,
    mouth_batch,
    point_batch,
)
from vasa_avatar.training.drawing.feed import Make, Source, batches
from vasa_avatar.training.drawing.losses import flag_loss, heat_loss, point_loss
from vasa_avatar.training.drawing.nets import Finder, PartNet, PointNet
from vasa_avatar.training.drawing.pool import Pool
from vasa_avatar.training.drawing.trainer import Length, Trainer

log = logging.getLogger(__name__)
REPORT_EVERY = 100
SAVE_EVERY = 250
EYE_POINTS, MOUTH_POINTS = 9, 8
Loss = Callable[[nn.Module, list[Tensor]], Tensor]


@dataclass(frozen=True, slots=True)
class Task:
    """What one net learns."""

    net: Callable[[], nn.Module]
    make: Make
    loss: Loss
    batch: int
    learning_rate: float


@dataclass(frozen=True, slots=True)
class Place:
    """Where and with how much a net learns."""

    device: str = "cpu"
    workers: int = 0
    """processes that make batches"""
    batch: int | None = None
    """the task's own when None"""


def _finder_loss(net: nn.Module, batch: list[Tensor]) -> Tensor:
    pictures, heat, known, centres = batch
    with torch.autocast(pictures.device.type, torch.bfloat16):
        out = net(pictures)
    out = out.float()
    loss = heat_loss(out[:, 0], heat, known)
    if len(centres):
        i, row, column = centres[:, :3].long().T
        loss = loss + functional.l1_loss(out[i, 1:, row, column], centres[:, 3:])
    return loss


def _point_loss(net: nn.Module, batch: list[Tensor]) -> Tensor:
    faces, points, weight, flags, flag_weight = batch
    with torch.autocast(faces.device.type, torch.bfloat16):
        maps, told = net(faces)
    loss = point_loss(maps.float(), points, weight)
    return loss + 0.5 * flag_loss(told.float(), flags, flag_weight)


def _part_loss(net: nn.Module, batch: list[Tensor]) -> Tensor:
    parts, points, weight, wanted, flags = batch
    with torch.autocast(parts.device.type, torch.bfloat16):
        maps, classes, told = net(parts)
    loss = point_loss(maps.float(), points, weight)
    loss = loss + 0.7 * functional.cross_entropy(classes.float(), wanted)
    return loss + 0.3 * flag_loss(told.float(), flags, torch.ones_like(flags))


TASKS = {
    "finder": Task(Finder, finder_batch, _finder_loss, 24, 2e-3),
    "points": Task(PointNet, point_batch, _point_loss, 32, 2.5e-3),
    "eye": Task(lambda: PartNet(EYE_POINTS, len(EYE_CLASSES)), eye_batch, _part_loss, 48, 2.5e-3),
    "mouth": Task(
        lambda: PartNet(MOUTH_POINTS, len(MOUTH_CLASSES)), mouth_batch, _part_loss, 48, 2.5e-3
    ),
}


def train(
    name: str,
    pool: Path,
    out: Path,
    length: Length,
    photos: Path | None = None,
    place: Place | None = None,
) -> Trainer:
    """Run, or go on with, one net's training.

    Args:
        name: of the task.
        pool: folder with at least one chunk.
        out: folder of checkpoints, one per net.
        length: of the whole run.
        photos: folder of photographs, which show no drawn face; none are needed.
        place: CPU, with batches made when they are needed, when None.

    Raises:
        ValueError: the pool is empty.
    """
    torch.manual_seed(1)
    task, place = TASKS[name], place or Place()
    if len(Pool(pool)) == 0:
        raise ValueError(f"{pool} holds no pictures; draw some with training.drawing.pool")
    device = torch.device(place.device)
    trainer = Trainer(task.net().to(device), out / f"{name}.pt", task.learning_rate, length)
    source = Source(task.make, pool, photos, place.batch or task.batch, trainer.step)
    total, start_s = torch.zeros((), device=device), time.monotonic()
    for batch in batches(source, place.workers, device):
        if trainer.progress >= 1:
            break
        loss = task.loss(trainer.net, batch)
        trainer.update(loss)
        total += loss.detach()
        if trainer.step % REPORT_EVERY == 0:
            pace_s = (time.monotonic() - start_s) / REPORT_EVERY
            log.info(
                "%s step %d (%.0f %%) loss %.4f, %.3f s a step",
                name,
                trainer.step,
                100 * trainer.progress,
                float(total) / REPORT_EVERY,
                pace_s,
            )
            total.zero_()
            start_s = time.monotonic()
        if trainer.step % SAVE_EVERY == 0:
            trainer.save()
    trainer.save()
    return trainer


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("net", choices=sorted(TASKS))
    parser.add_argument("--pool", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=12000)
    parser.add_argument("--minutes", type=float, help="the run ends after so long at the latest")
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--batch", type=int)
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    args.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(args.threads)
    train(
        args.net,
        args.pool,
        args.out,
        Length(args.steps, None if args.minutes is None else 60 * args.minutes),
        args.photos,
        Place(args.device, args.workers, args.batch),
    )


if __name__ == "__main__":
    main()
