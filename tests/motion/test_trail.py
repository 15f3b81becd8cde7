"""What hangs follows the head: late by a little, once too far, alike at every frame rate."""

from __future__ import annotations

import numpy as np
import pytest

from vasa_avatar.datatypes import FaceMotion, HeadPose
from vasa_avatar.motion import Trail


def yaws(fps: float, head: np.ndarray) -> np.ndarray:
    """(T,) yaw of what hangs while the head's yaw is (T,)."""
    trail = Trail(fps)
    still = np.zeros(3, np.float32)
    seen = [
        trail.follow(FaceMotion(head=HeadPose(np.float32([0, yaw, 0]), still))).trail
        for yaw in head
    ]
    assert all(place is not None for place in seen)
    return np.array([place.rotation_rad[1] for place in seen if place is not None])


def test_it_begins_and_rests_with_the_head() -> None:
    assert np.allclose(yaws(25, np.full(50, 0.2)), 0.2)


@pytest.mark.parametrize("fps", [25, 30, 60])
def test_a_steady_turn_is_followed_an_eighth_of_a_second_late(fps: int) -> None:
    head = np.arange(3 * fps) / fps
    late_s = (head - yaws(fps, head))[-1]
    assert late_s == pytest.approx(0.1167 - 0.5 / fps, abs=1e-3)  # a pose is held over a frame


@pytest.mark.parametrize("fps", [25, 60])
def test_a_stop_is_overshot_once_and_rest_comes_soon(fps: int) -> None:
    head = np.r_[np.zeros(2), np.ones(2 * fps)]
    seen = yaws(fps, head)
    assert 1.08 < seen.max() < 1.16
    assert np.abs(seen[round(1.2 * fps) :] - 1.0).max() < 0.01


def test_the_path_is_the_same_at_every_rate() -> None:
    slow = yaws(25, np.r_[0.0, np.ones(25)])[1:]
    fast = yaws(50, np.r_[0.0, np.ones(50)])[1:]
    assert np.allclose(slow, fast[1::2], atol=1e-5)
