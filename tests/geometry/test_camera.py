"""The camera's two directions and its distance."""

import numpy as np

from vasa_avatar.geometry import camera


def test_unproject_and_project_are_inverse() -> None:
    rng = np.random.default_rng(1)
    pixels = rng.uniform(0, 512, (50, 2))
    depth = rng.uniform(-0.5, 0.6, 50)
    pivot = np.array([250.0, 300.0])
    points = camera.unproject(pixels, depth, pivot, 210.0)
    assert np.allclose(camera.project(points, pivot, 210.0), pixels)


def test_a_head_twice_as_far_is_half_as_large() -> None:
    points = np.array([[0.5, 0.25, 0.0], [-0.5, 0.25, 0.0]])
    pivot = np.zeros(2)
    near = camera.project(points, pivot, 200.0)
    far = camera.project(points, pivot, 200.0, distance=2.0)
    assert np.allclose(far, near / 2)


def test_only_heads_farther_away_settle() -> None:
    assert camera.settle(1.0) == 0.0
    assert camera.settle(0.8) == 0.0
    lower = camera.settle(np.array([1.1, 1.3, 2.0]))
    assert (np.diff(lower) > 0).all()
    assert lower[-1] == 0.5 * camera.SETTLE
