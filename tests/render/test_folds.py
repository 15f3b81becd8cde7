"""Edges of a folded sheet: smooth, where the fold is seen, and nowhere else."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from vasa_avatar.render import folds, kernels, reference

SIZE = 64


class _Ridge(NamedTuple):
    texture: np.ndarray
    mesh: kernels.Mesh
    sheet: folds.Sheet
    depth: np.ndarray


def _ridge(turn: float) -> _Ridge:
    """A ridge of 8 x 8 squares, bright in front, turned so that its side folds away.

    Args:
        turn: 0 looks at it from the front, without a fold.
    """
    ticks = np.linspace(-1.0, 1.0, 9)
    x, y = (a.ravel() for a in np.meshgrid(ticks, ticks))
    z = 1.2 * np.exp(-((x / 0.35) ** 2)) * (1.0 + 0.2 * y)
    c, s = np.cos(turn), np.sin(turn)
    xy = np.column_stack([32 + 26 * (c * x + s * z), 32 + 26 * (y + 0.08 * x)])
    grid = np.arange(81).reshape(9, 9)
    a, b, c_, d = grid[:-1, :-1], grid[:-1, 1:], grid[1:, :-1], grid[1:, 1:]
    triangles = np.concatenate(
        [np.stack([a, b, c_], -1).reshape(-1, 3), np.stack([b, c_, d], -1).reshape(-1, 3)]
    )
    uv = np.column_stack([20 + 18 * x, 20 + 18 * y]).astype(np.float32)
    rng = np.random.default_rng(0)
    texture = np.full((44, 44, 4), 255, np.uint8)
    texture[..., :3] = np.kron(rng.integers(60, 255, (11, 11, 3)), np.ones((4, 4, 1)))
    triangles = triangles.astype(np.int32)
    n = len(triangles)
    mesh = kernels.Mesh(
        triangles,
        np.full(n, kernels.OPAQUE, np.uint8),
        np.full(n, kernels.FULL_ALPHA, np.int32),
        xy.astype(np.float32),
        uv,
        np.full(81, kernels.UNCHANGED, np.float32),
    )
    sheet = folds.Sheet(folds.shared_edges(triangles, 0, n), folds.windings(triangles, uv))
    return _Ridge(texture, mesh, sheet, (c * z - s * x).astype(np.float32))


def _drawn(ridge: _Ridge) -> tuple[np.ndarray, np.ndarray]:
    """The kernel's picture and its twin's, over black."""
    frame = np.full((SIZE, SIZE), 0xFF000000, np.uint32)
    texture = np.ascontiguousarray(ridge.texture).view(np.uint32)[..., 0]
    folds.draw_folds(frame, texture, *ridge[1:])
    fast = frame.view(np.uint8).reshape(SIZE, SIZE, 4)[..., :3]
    black = np.zeros((SIZE, SIZE, 3))
    slow = reference.draw_folds(black, ridge.texture.astype(np.float64), *ridge[1:])
    return fast, slow


@pytest.mark.parametrize("turn", [0.5, -0.7, 0.9])
def test_kernel_agrees_with_its_twin(turn: float) -> None:
    ridge = _ridge(turn)
    fast, slow = _drawn(ridge)
    assert (slow.max(-1) > 30).sum() > 30, "there is a fold"
    assert np.abs(fast - slow).max() <= 4


def test_a_sheet_without_a_fold_is_left_alone() -> None:
    ridge = _ridge(0.0)
    fast, slow = _drawn(ridge)
    assert not fast.any() and not slow.any()


def test_only_the_near_side_of_a_fold_is_drawn() -> None:
    """Turned to the right, the ridge's right flank folds; what comes out behind it is hidden."""
    ridge = _ridge(0.7)
    fast, _ = _drawn(ridge)
    flank = ridge.mesh.xy.reshape(9, 9, 2)[:, 4:, :]
    outline = flank[..., 0].max(1)
    columns = [np.flatnonzero(fast[int(y)].any(-1)) for y in flank[1:-1, 0, 1]]
    for seen, edge in zip(columns, outline[1:-1], strict=True):
        assert len(seen) and (np.abs(seen + 0.5 - edge) < 6.0).all()


def test_every_inner_edge_is_shared_once() -> None:
    ridge = _ridge(0.3)
    assert len(ridge.sheet.edges) == 8 * 7 * 2 + 64
    for a, b, first, near, second, far in ridge.sheet.edges:
        assert {a, b, near} == set(ridge.mesh.triangles[first])
        assert {a, b, far} == set(ridge.mesh.triangles[second])
