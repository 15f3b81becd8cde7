"""Strong feelings in drawn eyes: arches of joy, eyes squeezed in pain; each can be turned off."""

from __future__ import annotations

import numpy as np
import pytest

from vasa_avatar.datatypes import ARKIT_INDEX, EMOTIONS, F32
from vasa_avatar.motion.emotion import emotion_face
from vasa_avatar.motion.eye_signs import ARCHED_S, OPEN_S, EyeSigns
from vasa_avatar.performance_style import DrawnManner

CHEEK, BLINK = ARKIT_INDEX["cheekSquintLeft"], ARKIT_INDEX["eyeBlinkLeft"]
SQUEEZE = ARKIT_INDEX["tongueOut"]


def signed(manner: DrawnManner | None = None, **feelings: float) -> F32:
    strengths = np.zeros(len(EMOTIONS), np.float32)
    for name, strength in feelings.items():
        strengths[EMOTIONS.index(name)] = strength
    face = np.clip(emotion_face(strengths), 0, 1)
    return EyeSigns(25, manner or DrawnManner()).step(face, strengths)


def test_great_joy_shuts_the_eyes_from_below() -> None:
    assert signed(happy=1.0)[CHEEK] == 1.0
    assert signed(happy=0.6)[CHEEK] < 0.6 and signed(happy=1.0)[SQUEEZE] == 0.0


def test_joy_that_lasts_blinks_between_its_arches() -> None:
    """A face of joy with eyes that would blink: now arches, now lids that may shut from above."""
    strengths = np.zeros(len(EMOTIONS), np.float32)
    strengths[EMOTIONS.index("happy")] = 1.0
    face = np.clip(emotion_face(strengths), 0, 1)
    face[BLINK] = 1.0
    signs = EyeSigns(25, DrawnManner())
    shown = np.stack([signs.step(face, strengths) for _ in range(round(25 * (ARCHED_S + OPEN_S)))])
    is_arched, may_blink = shown[:, CHEEK] > 0.99, shown[:, BLINK] > 0.99
    assert is_arched[:30].all() and not (is_arched & may_blink).any()
    assert 0.5 < may_blink.mean() < 0.8
    again = np.stack([signs.step(face, strengths) for _ in range(10)])
    assert (again[1:, CHEEK] > 0.99).all()


@pytest.mark.parametrize(
    "feelings", [{"sad": 0.5, "fearful": 0.5}, {"happy": 0.6, "surprised": 0.4}]
)
def test_pain_and_a_burst_of_laughter_squeeze_them(feelings: dict[str, float]) -> None:
    face = signed(**feelings)
    assert face[SQUEEZE] == face[BLINK] == 1.0 and face[CHEEK] == 0.0


@pytest.mark.parametrize("name", ["sad", "angry", "fearful", "disgusted", "surprised", "contempt"])
def test_a_feeling_with_a_face_of_its_own_keeps_it(name: str) -> None:
    assert signed(**{name: 1.0})[SQUEEZE] == 0.0


def test_a_profile_turns_them_off() -> None:
    plain = DrawnManner(arched_eyes=False, squeezed_eyes=False)
    assert signed(plain, happy=1.0)[CHEEK] < 1.0
    assert signed(plain, sad=0.5, fearful=0.5)[SQUEEZE] == 0.0
