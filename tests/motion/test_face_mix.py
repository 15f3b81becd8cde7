"""Layers of the face: emotion must not stop closures, gains, blinks, controls over time."""

from __future__ import annotations

import numpy as np
import pytest

from vasa_avatar.datatypes import ARKIT_INDEX, EMOTIONS, F32, Controls, Emotion
from vasa_avatar.motion.controls_blend import ControlsBlend, emotion_strengths
from vasa_avatar.motion.emotion import emotion_face, emotion_head_rad, emotion_life
from vasa_avatar.motion.face_mix import lips_shut, mix_face
from vasa_avatar.motion.spring import Spring, ease

JAW, CLOSE = ARKIT_INDEX["jawOpen"], ARKIT_INDEX["mouthClose"]
NOTHING = np.zeros(52, np.float32)
PARTERS = ["mouthUpperUpLeft", "mouthUpperUpRight", "mouthLowerDownLeft", "mouthFunnel"]


def _face(**amounts: float) -> F32:
    out = np.zeros(52, np.float32)
    for name, amount in amounts.items():
        out[ARKIT_INDEX[name]] = amount
    return out


def _mood(name: str, strength: float = 1.0) -> F32:
    return emotion_face(emotion_strengths(Controls(emotions=(Emotion(name, strength),))))


BILABIAL = _face(
    jawOpen=0.05, mouthClose=0.05, mouthPressLeft=0.4, mouthPressRight=0.4, mouthRollLower=0.3
)


@pytest.mark.parametrize("emotion", EMOTIONS)
@pytest.mark.parametrize("closure", ["pressed", "sealed"])
def test_lips_shut_on_p_b_m_in_every_mood(emotion: str, closure: str) -> None:
    speech = BILABIAL if closure == "pressed" else _face(jawOpen=0.2, mouthClose=0.2)
    assert lips_shut(speech) == 1.0
    face = mix_face(speech, 1.0, _mood(emotion), NOTHING, 1.0)
    assert face[CLOSE] >= face[JAW] - 1e-6, "the jaw is open further than the lips are closed"
    for name in PARTERS:
        assert face[ARKIT_INDEX[name]] < 0.01
    assert face[ARKIT_INDEX["mouthPressLeft"]] >= speech[ARKIT_INDEX["mouthPressLeft"]]


def test_open_vowels_are_not_taken_for_closures() -> None:
    assert lips_shut(_face(jawOpen=0.5, mouthLowerDownLeft=0.3)) == 0.0
    assert lips_shut(_face(jawOpen=0.3, mouthPressLeft=0.05)) == 0.0
    assert lips_shut(NOTHING) == 0.0
    tucked = _face(jawOpen=0.15, mouthRollLower=0.5, mouthClose=0.05)
    assert lips_shut(tucked) < 0.5, "f and v leave a slit"


def test_a_smile_gives_way_to_rounding() -> None:
    smile = ARKIT_INDEX["mouthSmileLeft"]
    rounded = mix_face(_face(mouthPucker=0.7), 1.0, _mood("happy"), NOTHING, 1.0)
    spread = mix_face(_face(jawOpen=0.2), 1.0, _mood("happy"), NOTHING, 1.0)
    assert 0.2 < rounded[smile] < 0.6 * spread[smile]


def test_a_speakers_own_way_gives_way_to_a_mood() -> None:
    lively = _face(browInnerUp=0.5, mouthSmileLeft=0.3, mouthSmileRight=0.3)
    angry = mix_face(NOTHING, 1.0, _mood("angry"), lively, 1.0)
    assert angry[ARKIT_INDEX["browInnerUp"]] < 0.06
    sad = mix_face(NOTHING, 1.0, _mood("sad"), lively, 0.0)
    assert sad[ARKIT_INDEX["mouthSmileLeft"]] < 0.05
    stern = _face(browDownLeft=0.2, browDownRight=0.2, mouthFrownLeft=0.14)
    surprised = mix_face(NOTHING, 1.0, _mood("surprised"), stern, 1.0)
    assert surprised[ARKIT_INDEX["browDownLeft"]] < 0.05
    happy = mix_face(NOTHING, 1.0, _mood("happy"), stern, 1.0)
    assert happy[ARKIT_INDEX["mouthFrownLeft"]] < 0.05
    calm = mix_face(NOTHING, 1.0, NOTHING, lively, 1.0)
    np.testing.assert_array_equal(calm, lively)


def test_lip_gain_scales_openings_and_keeps_closures() -> None:
    vowel = _face(jawOpen=0.4, mouthPucker=0.2)
    half = mix_face(vowel, 0.5, NOTHING, NOTHING, 1.0)
    np.testing.assert_allclose(half, 0.5 * vowel, atol=1e-6)
    weak = mix_face(BILABIAL, 0.5, NOTHING, NOTHING, 1.0)
    assert weak[ARKIT_INDEX["mouthPressLeft"]] == BILABIAL[ARKIT_INDEX["mouthPressLeft"]]
    assert not mix_face(vowel, 0.0, NOTHING, NOTHING, 1.0).any()


def test_a_blink_closes_wide_and_drooping_eyes_alike() -> None:
    blink = _face(eyeBlinkLeft=1.0, eyeBlinkRight=1.0)
    for emotion in EMOTIONS:
        face = mix_face(NOTHING, 1.0, _mood(emotion), blink, 0.0)
        assert face[ARKIT_INDEX["eyeBlinkLeft"]] == 1.0
        assert face[ARKIT_INDEX["eyeWideLeft"]] == 0.0


def test_faces_stay_in_range_and_are_read_only() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        layers = rng.uniform(0, 1, (3, 52)).astype(np.float32)
        face = mix_face(layers[0], 2.0, layers[1], layers[2], float(rng.uniform()))
        assert (face >= 0).all() and (face <= 1).all()
    with pytest.raises(ValueError, match="read-only"):
        face[0] = 1


def test_each_emotion_shows_its_own_action_units() -> None:
    signs = {
        "happy": ["mouthSmileLeft", "cheekSquintLeft"],
        "sad": ["browInnerUp", "mouthFrownLeft"],
        "angry": ["browDownLeft", "eyeSquintLeft"],
        "surprised": ["browOuterUpLeft", "eyeWideLeft", "jawOpen"],
        "fearful": ["browInnerUp", "eyeWideLeft", "mouthStretchLeft"],
        "disgusted": ["noseSneerLeft", "mouthUpperUpLeft"],
        "contempt": ["mouthDimpleLeft"],
    }
    for name, units in signs.items():
        face = _mood(name)
        for unit in units:
            assert face[ARKIT_INDEX[unit]] > 0.2, (name, unit)
        half = _mood(name, 0.5)
        shown = face > 0.01
        assert (half[shown] < face[shown]).all() and (half[shown] > 0.2 * face[shown]).all()
    assert not _mood("neutral").any()
    contempt = _mood("contempt")
    left, right = ARKIT_INDEX["mouthDimpleLeft"], ARKIT_INDEX["mouthDimpleRight"]
    assert contempt[left] > contempt[right] + 0.3
    assert emotion_head_rad(emotion_strengths(Controls(emotions=(Emotion("sad"),))))[0] < 0


def test_a_slight_smile_keeps_its_lips_together_and_a_full_one_shows_teeth() -> None:
    smile, lip = ARKIT_INDEX["mouthSmileLeft"], ARKIT_INDEX["mouthUpperUpLeft"]
    slight, full = _mood("happy", 0.3), _mood("happy")
    assert slight[smile] > 0.3 and slight[lip] < 0.05
    assert full[smile] > 0.9 and full[lip] > 0.4 and full[JAW] > 0.1


def test_a_strong_mood_leaves_speech_its_mouth() -> None:
    vowel = _face(jawOpen=0.5, mouthLowerDownLeft=0.3)
    for name in ("sad", "disgusted", "contempt"):
        at_rest = mix_face(NOTHING, 1.0, _mood(name), NOTHING, 0.0)
        speaking = mix_face(vowel, 1.0, _mood(name), NOTHING, 1.0)
        for unit in ("mouthFrownLeft", "mouthShrugLower", "mouthLeft"):
            i = ARKIT_INDEX[unit]
            assert speaking[i] <= 0.65 * at_rest[i] + 1e-6


def test_a_mood_changes_how_lively_a_face_is() -> None:
    def life(name: str) -> list[float]:
        return emotion_life(emotion_strengths(Controls(emotions=(Emotion(name),)))).tolist()

    assert life("neutral") == [1.0] * 5
    assert life("sad")[0] < 0.8, "sorrow is slow"
    assert life("fearful")[2] > 1.3 > 0.7 > life("surprised")[2], "fear blinks, surprise stares"
    assert life("fearful")[4] > 1.3 > 1.0 > life("sad")[4], "fear breathes fast, sorrow slowly"
    assert life("angry")[3] > 1.0 > life("sad")[3], "anger moves on sooner than sorrow"


def test_mixtures_are_scaled_down_to_one() -> None:
    both = Controls(emotions=(Emotion("happy", 1.0), Emotion("surprised", 1.0)))
    strengths = emotion_strengths(both)
    assert strengths.sum() == pytest.approx(1.0)
    light = Controls(emotions=(Emotion("happy", 0.3), Emotion("sad", 0.2)))
    assert emotion_strengths(light).sum() == pytest.approx(0.5)


@pytest.mark.parametrize("fps", [25, 60])
def test_controls_arrive_in_time_without_a_jump_or_overshoot(fps: int) -> None:
    blend = ControlsBlend(Controls(), fps)
    blend.set(Controls(emotions=(Emotion("happy"),), head_yaw_rad=0.3, gaze_yaw_rad=0.2))
    happy, yaw = [], []
    for _ in range(2 * fps):
        blend.step()
        happy.append(float(blend.emotions[EMOTIONS.index("happy")]))
        yaw.append(float(blend.head_rotation_rad[1]))
    assert happy[int(0.4 * fps) - 1] > 0.95
    assert max(happy) <= 1.0 + 1e-5 and max(yaw) <= 0.3 + 1e-5
    assert happy == sorted(happy) or np.diff(happy).min() > -1e-5
    assert np.diff([0.0, *happy]).max() < 12.0 / fps


def test_a_dragged_slider_is_followed_while_it_moves() -> None:
    blend = ControlsBlend(Controls(), 25)
    for n in range(50):
        blend.set(Controls(head_yaw_rad=0.4 * n / 50))
        blend.step()
    assert float(blend.head_rotation_rad[1]) > 0.3


def test_springs_do_not_depend_on_the_step() -> None:
    coarse, fine = Spring(), Spring()
    for _ in range(10):
        coarse.step(1.0, 8.0, 0.04)
    for _ in range(100):
        fine.step(1.0, 8.0, 0.004)
    assert coarse.value == pytest.approx(fine.value, abs=1e-9)
    assert coarse.velocity == pytest.approx(fine.velocity, abs=1e-9)
    assert (ease(-1), ease(0.5), ease(2)) == (0.0, 0.5, 1.0)
