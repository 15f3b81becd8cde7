"""Motion survives the wire as exactly as its 70 bytes allow; a vector pins every byte."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from vasa_avatar.browser import MOTION_BYTES, pack_motion, unpack_motion
from vasa_avatar.datatypes import ARKIT_NAMES, FaceMotion, HeadPose, K

VECTORS = Path(__file__).parents[2] / "docs" / "motion_vectors.json"


def some_motion(seed: int) -> FaceMotion:
    chance = np.random.default_rng(seed)
    head = HeadPose(
        chance.uniform(-1, 1, 3).astype(np.float32), chance.uniform(-1, 3, 3).astype(np.float32)
    )
    expression = chance.uniform(0, 1, K).astype(np.float32)
    return FaceMotion(expression, head, chance.uniform(-1, 1, 2).astype(np.float32), 0.25)


@pytest.mark.parametrize("seed", range(5))
def test_it_comes_back(seed: int) -> None:
    motion = some_motion(seed)
    data = pack_motion(motion)
    assert len(data) == MOTION_BYTES == 70
    back = unpack_motion(data)
    assert np.abs(back.expression - motion.expression).max() <= 0.5 / 255 + 1e-6
    for name in ("rotation_rad", "translation"):
        apart = np.abs(getattr(back.head, name) - getattr(motion.head, name)).max()
        assert apart <= 0.5 / 8192 + 1e-6
    assert np.abs(back.gaze_rad - motion.gaze_rad).max() <= 0.5 / 8192 + 1e-6
    assert back.breath == pytest.approx(motion.breath, abs=1e-4)
    assert pack_motion(back) == data


def test_what_does_not_fit_is_held_at_the_end_of_its_range() -> None:
    far = HeadPose(np.full(3, 9, np.float32), np.full(3, -9, np.float32))
    back = unpack_motion(pack_motion(FaceMotion(np.full(K, 2, np.float32), far)))
    assert back.expression.max() == 1.0
    assert back.head.rotation_rad.max() == pytest.approx(32767 / 8192)
    assert back.head.translation.min() == -4.0


def test_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="motion has 69 bytes; expected 70"):
        unpack_motion(bytes(69))


def test_the_vectors_of_the_document_hold() -> None:
    told = json.loads(VECTORS.read_text())
    assert told["coefficients"] == list(ARKIT_NAMES)
    assert len(told["frames"]) >= 3
    for frame in told["frames"]:
        values = {name: np.asarray(frame[name], np.float32) for name in frame if name != "bytes"}
        head = HeadPose(values["rotation_rad"], values["translation"])
        breath = float(values["breath"])
        motion = FaceMotion(values["expression"], head, values["gaze_rad"], breath)
        assert pack_motion(motion).hex() == frame["bytes"]
