"""How wide mouths get, measured as the lip-sync bench measures filmed ones."""

from __future__ import annotations

import numpy as np
import pytest
from lip_activities import activities

from vasa_avatar.datatypes import ARKIT_INDEX
from vasa_avatar.motion.face_mix import mix_face
from vasa_avatar.motion.speech.articulation import decode
from vasa_avatar.training.speech.bench_lipsync import mouth_measures

NOTHING = np.zeros(52, np.float32)
SMILE = NOTHING.copy()
SMILE[[ARKIT_INDEX["mouthSmileLeft"], ARKIT_INDEX["mouthSmileRight"]]] = 0.5


def test_the_mouth_gets_as_wide_and_as_narrow_as_filmed_ones() -> None:
    def width(**values: float) -> float:
        return float(mouth_measures(decode(activities(**values)))[1][0])

    # The middle of filmed speakers: .09 wider on their widest vowels, .07 narrower on u.
    assert width(spread=0.5) > 0.08
    assert width(pucker=0.25) < -0.07
    jaw = decode(activities(jaw=0.4, upper=0.3, lower=0.3))[0]
    assert jaw[ARKIT_INDEX["mouthUpperUpLeft"]] > 1.3 * jaw[ARKIT_INDEX["mouthLowerDownLeft"]]


def test_corners_that_do_not_smile_leave_the_mouth_as_wide() -> None:
    lips = decode(np.array([[0.2, 0, 0, 0, 0, 0, 0, 0.6, 0]], np.float32))
    still = mix_face(lips[0], 1.0, NOTHING, NOTHING, 1.0, corners=0.0)
    own, shown = (float(mouth_measures(rows)[1][0]) for rows in (lips, still[None]))
    assert still[ARKIT_INDEX["mouthSmileLeft"]] == 0.0
    assert shown == pytest.approx(own, rel=0.05)


def test_a_smiling_mouth_moves_as_wide_as_a_serious_one() -> None:
    lips = decode(np.array([[0.2, 0, 0, 0.2, 0.1, 0, 0, s, 0] for s in (0.0, 0.6)], np.float32))
    shown = np.stack([mix_face(row, 1.0, NOTHING, SMILE, 1.0, corners=0.0) for row in lips])
    own, seen = (float(np.diff(mouth_measures(rows)[1])[0]) for rows in (lips, shown))
    assert shown[1, ARKIT_INDEX["mouthSmileLeft"]] < 0.4, "the corners do not smile with vowels"
    assert seen == pytest.approx(own, rel=0.08)
