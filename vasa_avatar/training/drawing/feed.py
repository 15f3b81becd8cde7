"""A pool's pictures to an endless stream of batches as tensors, made by worker processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from vasa_avatar.training.drawing.batches import FinderBatch, PartBatch, PointBatch
from vasa_avatar.training.drawing.pool import Pool

Batch = FinderBatch | PointBatch | PartBatch
Make = Callable[[Pool, int, np.random.Generator], Batch]
REFRESH_EVERY = 100
"""batches, after which new chunks of the pool are taken in"""
AHEAD = 4
"""batches that a worker makes before they are asked for"""


@dataclass(frozen=True, slots=True)
class Source:
    """What batches are made of, and how."""

    make: Make
    pool: Path
    photos: Path | None
    size: int
    """of a batch"""
    seed: int


class _Stream(IterableDataset[list[Tensor]]):
    """Each worker's own stream; they differ by their seed."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def __iter__(self) -> Iterator[list[Tensor]]:
        source, worker = self.source, get_worker_info()
        if worker is not None:
            cv2.setNumThreads(1)
        pool = Pool(source.pool, source.photos)
        rng = np.random.default_rng([source.seed, 7, 0 if worker is None else worker.id])
        while True:
            for _ in range(REFRESH_EVERY):
                yield _tensors(source.make(pool, source.size, rng))
            pool.refresh()


def _tensors(batch: Batch) -> list[Tensor]:
    """A batch's arrays in the order of its fields; pictures, which come first, in 16 bits."""
    pictures, *rest = (torch.from_numpy(getattr(batch, field.name)) for field in fields(batch))
    return [pictures.half(), *rest]


def batches(source: Source, workers: int, device: torch.device) -> Iterator[list[Tensor]]:
    """Batches on a device, without end.

    Args:
        source: what they are made of.
        workers: processes that make them; with 0 they are made when asked for.
        device: where they go.
    """
    loader = DataLoader(
        _Stream(source), batch_size=None, num_workers=workers,
        prefetch_factor=AHEAD if workers else None, pin_memory=device.type == "cuda",
    )  # fmt: skip
    for batch in loader:
        pictures, *rest = (array.to(device, non_blocking=True) for array in batch)
        yield [pictures.contiguous(memory_format=torch.channels_last), *rest]
