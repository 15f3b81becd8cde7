"""Edges of a folded sheet: smooth, where the fold is seen, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from vasa_avatar.render import folds, reference

SIZE = 64


def _sheet(turn: float) -> dict[str, np.ndarray]:
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
    return {
        "texture": texture,
        "triangles": triangles.astype(np.int32),
        "winding": folds.windings(triangles, uv),
        "xy": xy.astype(np.float32),
        "depth": (c * z - s * x).astype(np.float32),
        "uv": uv,
    }


def _drawn(sheet: dict[str, np.ndarray], edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The kernel's picture and its twin's, over black."""
    frame = np.full((SIZE, SIZE), 0xFF000000, np.uint32)
    texture = np.ascontiguousarray(sheet["texture"]).view(np.uint32)[..., 0]
    rest = [sheet["triangles"], edges, sheet["winding"], sheet["xy"], sheet["depth"], sheet["uv"]]
    folds.draw_folds(frame, texture, *rest)
    fast = frame.view(np.uint8).reshape(SIZE, SIZE, 4)[..., :3]
    slow = reference.draw_folds(
        np.zeros((SIZE, SIZE, 3)), sheet["texture"].astype(np.float64), *rest
    )
    return fast, slow


@pytest.mark.parametrize("turn", [0.5, -0.7, 0.9])
def test_kernel_agrees_with_its_twin(turn: float) -> None:
    sheet = _sheet(turn)
    edges = folds.shared_edges(sheet["triangles"], 0, len(sheet["triangles"]))
    fast, slow = _drawn(sheet, edges)
    assert (slow.max(-1) > 30).sum() > 30, "there is a fold"
    assert np.abs(fast - slow).max() <= 4


def test_a_sheet_without_a_fold_is_left_alone() -> None:
    sheet = _sheet(0.0)
    edges = folds.shared_edges(sheet["triangles"], 0, len(sheet["triangles"]))
    fast, slow = _drawn(sheet, edges)
    assert not fast.any() and not slow.any()


def test_only_the_near_side_of_a_fold_is_drawn() -> None:
    """Turned to the right, the ridge's right flank folds; what comes out behind it is hidden."""
    sheet = _sheet(0.7)
    edges = folds.shared_edges(sheet["triangles"], 0, len(sheet["triangles"]))
    fast, _ = _drawn(sheet, edges)
    ridge = sheet["xy"].reshape(9, 9, 2)[:, 4:, :]
    outline = ridge[..., 0].max(1)
    columns = [np.flatnonzero(fast[int(y)].any(-1)) for y in ridge[1:-1, 0, 1]]
    for seen, edge in zip(columns, outline[1:-1], strict=True):
        assert len(seen) and (np.abs(seen + 0.5 - edge) < 6.0).all()


def test_every_inner_edge_is_shared_once() -> None:
    sheet = _sheet(0.3)
    edges = folds.shared_edges(sheet["triangles"], 0, len(sheet["triangles"]))
    assert len(edges) == 8 * 7 * 2 + 64
    for a, b, first, near, second, far in edges:
        assert {a, b, near} == set(sheet["triangles"][first])
        assert {a, b, far} == set(sheet["triangles"][second])
