"""The triangle kernel against its slow twin, and the properties that pictures rely on."""

from __future__ import annotations

import threading
from typing import NamedTuple

import numpy as np
import pytest

from vasa_avatar.render import kernels, reference
from vasa_avatar.render.mesh import prepare_texture

SIZE = 96


class _Scene(NamedTuple):
    texture: np.ndarray
    plate: np.ndarray
    mesh: kernels.Mesh
    order: np.ndarray
    shading: kernels.Shading


def _scene(kind: int, seed: int = 0) -> _Scene:
    """A wobbly grid of triangles over a random, smooth texture."""
    rng = np.random.default_rng(seed)
    texture = rng.integers(0, 256, (12, 12, 4)).astype(np.float64)
    texture = np.kron(texture, np.ones((14, 14, 1)))
    for axis in (0, 1):
        for _ in range(5):
            texture = 0.5 * texture + 0.25 * (
                np.roll(texture, 1, axis) + np.roll(texture, -1, axis)
            )
    if kind in (kernels.OPAQUE, kernels.SHADED):
        texture[..., 3] = 255.0
    texture[..., :3] *= texture[..., 3:] / 255.0
    texture = np.rint(texture).astype(np.uint8)
    ticks = np.linspace(4, 160, 9)
    uv = np.stack(np.meshgrid(ticks, ticks), -1).reshape(-1, 2).astype(np.float32)
    xy = (uv * (SIZE / 168.0) + rng.normal(0, 1.2, uv.shape)).astype(np.float32)
    grid = np.arange(81).reshape(9, 9)
    a, b, c, d = grid[:-1, :-1], grid[:-1, 1:], grid[1:, :-1], grid[1:, 1:]
    triangles = np.concatenate(
        [np.stack([a, b, c], -1).reshape(-1, 3), np.stack([b, d, c], -1).reshape(-1, 3)]
    ).astype(np.int32)
    n = len(triangles)
    # Skin is never faint: layer alpha does not apply to shaded triangles.
    layer_alphas = [256] if kind in (kernels.SHADED, kernels.SHADED_BLEND) else [256, 256, 140]
    mesh = kernels.Mesh(
        triangles=triangles,
        kinds=np.full(n, kind, np.uint8),
        alphas=rng.choice(layer_alphas, n).astype(np.int32),
        xy=xy,
        uv=uv,
        light=rng.uniform(120, 300, 81).astype(np.float32),
    )
    waves = 60 * np.sin(np.add.outer(np.arange(24) / 3, np.arange(24) / 4))
    return _Scene(
        texture=texture,
        plate=rng.integers(0, 256, (SIZE, SIZE, 3)).astype(np.uint8),
        mesh=mesh,
        order=rng.permutation(n).astype(np.int32),
        shading=kernels.Shading((kernels.UNCHANGED + waves).astype(np.int32), 0.0, 0.0, 0.12),
    )


def _fast(scene: _Scene) -> np.ndarray:
    packed = np.dstack([scene.plate, np.full((SIZE, SIZE), 255, np.uint8)])
    frame = np.ascontiguousarray(packed).view(np.uint32)[..., 0].copy()
    texture = prepare_texture(scene.texture, 1.0)
    kernels.draw_triangles(frame, texture, scene.mesh, scene.order, scene.shading)
    return frame.view(np.uint8).reshape(SIZE, SIZE, 4)[..., :3].astype(np.float64)


def _slow(scene: _Scene) -> np.ndarray:
    plate, texture = scene.plate.astype(np.float64), scene.texture.astype(np.float64)
    return reference.draw_triangles(plate, texture, scene.mesh, scene.order, scene.shading)


@pytest.mark.parametrize("kind", range(5))
def test_kernel_agrees_with_the_reference(kind: int) -> None:
    scene = _scene(kind)
    difference = np.abs(_fast(scene) - _slow(scene)).max(-1)
    # Fixed point, 8-bit weights, and a shading map that is read at every second pixel.
    shaded = kind in (kernels.SHADED, kernels.SHADED_BLEND)
    assert np.median(difference) <= 2.0
    assert np.quantile(difference, 0.98) <= (9.0 if shaded else 4.0)
    assert (difference > 24.0).mean() < 0.004


def test_neighbours_leave_no_gap_and_no_double_cover() -> None:
    """Half-transparent triangles that tile the frame: every pixel is blended exactly once."""
    scene = _scene(kernels.BLEND)
    scene.texture[...] = (0, 0, 0, 128)
    scene.plate[...] = 200
    scene.mesh.alphas[...] = kernels.FULL_ALPHA
    margin = 10
    frame = _fast(scene)[margin:-margin, margin:-margin]
    assert np.unique(frame).size == 1
    assert abs(frame[0, 0, 0] - 200 * (1 - 128 / 255)) <= 2


def test_the_same_picture_from_any_thread() -> None:
    scene = _scene(kernels.SHADED_BLEND)
    first = _fast(scene)
    results: list[np.ndarray] = []
    workers = [threading.Thread(target=lambda: results.append(_fast(scene))) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert all(np.array_equal(first, other) for other in results)


def test_triangles_outside_the_frame_and_without_area_are_harmless() -> None:
    scene = _scene(kernels.OPAQUE)
    scene.mesh.xy[:20] += 5000.0
    scene.mesh.xy[30:40] = scene.mesh.xy[30]
    assert np.isfinite(_fast(scene)).all()


@pytest.mark.parametrize("kind", [kernels.SHADED, kernels.SHADED_BLEND])
def test_a_sliver_reads_no_shading_from_beside_the_map(kind: int) -> None:
    """Thin triangles, a pixel wide in places, whose texture runs by thousands of texels a pixel."""
    scene = _scene(kind)
    rng = np.random.default_rng(4)
    n = 3000
    start = rng.uniform(10, 80, (n, 2))
    along = rng.uniform(-8, 8, (n, 2))
    third = start + 0.4 * along + rng.normal(0, 0.02, (n, 2))
    mesh = kernels.Mesh(
        triangles=np.arange(3 * n, dtype=np.int32).reshape(n, 3),
        kinds=np.full(n, kind, np.uint8),
        alphas=np.full(n, kernels.FULL_ALPHA, np.int32),
        xy=np.stack([start, start + along, third], 1).reshape(-1, 2).astype(np.float32),
        uv=rng.uniform(20, 140, (3 * n, 2)).astype(np.float32),
        light=np.full(3 * n, kernels.UNCHANGED, np.float32),
    )
    scene = scene._replace(mesh=mesh, order=np.arange(n, dtype=np.int32))
    scene.texture[...] = (100, 100, 100, 255)
    scene.plate[...] = 100
    lit = _fast(scene)
    least, most = scene.shading.gains.min(), scene.shading.gains.max()
    assert (lit != 100).sum() > 100
    assert lit.min() >= 100 * least // 256 - 1
    assert lit.max() <= 100 * most / 256 + 1
