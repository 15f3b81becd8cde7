"""Signs of the head angles as datatypes.py states them, and the way back from a matrix."""

from __future__ import annotations

import numpy as np
import pytest

from vasa_avatar.geometry.rotation import euler_angles, rotation_matrix

NOSE, CROWN = np.array([0.0, 0.0, 1.0]), np.array([0.0, -1.0, 0.0])


def test_positive_pitch_lifts_the_chin_and_turns_the_nose_up() -> None:
    assert (rotation_matrix([0.3, 0, 0]) @ NOSE)[1] < -0.2


def test_positive_yaw_turns_the_nose_to_the_viewers_right() -> None:
    assert (rotation_matrix([0, 0.3, 0]) @ NOSE)[0] > 0.2


def test_positive_roll_tilts_the_head_clockwise() -> None:
    assert (rotation_matrix([0, 0, 0.3]) @ CROWN)[0] > 0.2


def test_order_is_pitch_then_yaw_then_roll() -> None:
    pitch, yaw, roll = 0.2, -0.4, 0.3
    product = (
        rotation_matrix([0, 0, roll])
        @ rotation_matrix([0, yaw, 0])
        @ rotation_matrix([pitch, 0, 0])
    )
    np.testing.assert_allclose(rotation_matrix([pitch, yaw, roll]), product, atol=1e-12)


@pytest.mark.parametrize("shape", [(3,), (7, 3), (2, 5, 3)])
def test_there_and_back(shape: tuple[int, ...]) -> None:
    angles = np.random.default_rng(3).uniform(-1.2, 1.2, shape)
    matrices = rotation_matrix(angles)
    np.testing.assert_allclose(np.linalg.det(matrices), 1.0)
    np.testing.assert_allclose(euler_angles(matrices), angles, atol=1e-12)
