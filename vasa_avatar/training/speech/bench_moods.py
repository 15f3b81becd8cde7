"""Lips under each emotion: does a mouth that feels something still say the same.

A recording is spoken in each emotion at full strength; the drawn gap between the lips, in distances
of the outer eye corners, is compared with the neutral face's, frame by frame. The first frames, in
which a face at rest begins to speak, do not count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vasa_avatar.appearance import load_avatar
from vasa_avatar.datatypes import EMOTIONS, F32, I16, Controls, Emotion, FaceMotion
from vasa_avatar.motion import MotionGenerator
from vasa_avatar.motion.face_mix import lips_shut
from vasa_avatar.motion.speech.base import SpeechModel
from vasa_avatar.profiles import load_profile
from vasa_avatar.render.mesh import MeshRenderer

RATE_HZ = 16_000
FPS = 25
SHUT = 0.015
"""Within this of the least gap lips count as shut."""
_AHEAD_MS = 160
_BEGINNING = 10
_EYES, _INNER_LIPS = (33, 263), (13, 14)


@dataclass(frozen=True, slots=True)
class MoodScore:
    """One emotion's lips beside the neutral ones."""

    agreement: float
    """correlation of the gaps"""
    spread: float
    """of the gaps: standard deviation over the neutral one's"""
    kept_shut: float
    """share of the frames with closed lips (p, b, m) that are still closed"""


def spoken_in(emotion: str, speech: SpeechModel, pcm_i16: I16) -> list[FaceMotion]:
    """A recording at RATE_HZ, spoken in an emotion at full strength, without its beginning."""
    generator = MotionGenerator(
        sample_rate_hz=RATE_HZ,
        fps=FPS,
        lookahead_ms=_AHEAD_MS,
        speech=speech,
        controls=Controls(emotions=(Emotion(emotion, 1.0),)),
    )
    generator.begin()
    n_frames, n_pushed, motions = len(pcm_i16) * FPS // RATE_HZ, 0, []
    for frame in range(n_frames):
        time_s = (frame + 0.5) / FPS
        n_wanted = int((time_s + _AHEAD_MS / 1000) * RATE_HZ)
        generator.push(pcm_i16[n_pushed:n_wanted])
        n_pushed = n_wanted
        motions.append(generator.speak(time_s))
    return motions[_BEGINNING:]


def lip_gaps(renderer: MeshRenderer, motions: list[FaceMotion]) -> F32:
    """(T,) gap between the inner lips as drawn."""
    gaps = np.zeros(len(motions), np.float32)
    for n, motion in enumerate(motions):
        at = renderer.vertices_px(motion)
        eyes, lips = (float(np.linalg.norm(at[a] - at[b])) for a, b in (_EYES, _INNER_LIPS))
        gaps[n] = lips / eyes
    return gaps


def score_mood(plain: F32, moody: F32, is_closure: np.ndarray) -> MoodScore:
    """Compare gaps.

    Args:
        plain: (T,) of the neutral face.
        moody: (T,) of the same frames in an emotion.
        is_closure: (T,) bool, where speech means the lips to be shut.
    """
    limit = plain.min() + SHUT
    shut = is_closure & (plain < limit)
    return MoodScore(
        agreement=float(np.corrcoef(plain, moody)[0, 1]),
        spread=float(moody.std() / plain.std()),
        kept_shut=float((moody[shut] < limit).mean()) if shut.any() else 1.0,
    )


def bench_moods(profile: str, speech: SpeechModel, pcm_16k: F32) -> None:
    """Print the table of one character."""
    baked = load_profile(profile).avatar
    if baked is None:
        raise ValueError(f"character {profile!r} has no baked avatar; name a shipped one")
    renderer = MeshRenderer(load_avatar(baked))
    pcm_i16 = (pcm_16k * 32767.0).clip(-32768, 32767).astype(np.int16)
    neutral = spoken_in("neutral", speech, pcm_i16)
    plain = lip_gaps(renderer, neutral)
    is_closure = np.array([lips_shut(motion.expression) > 0.95 for motion in neutral])
    print(f"Lips of {profile} under each emotion at full strength, beside the neutral face")
    print(f"  {'emotion':<12} {'agree r':>8} {'spread':>7} {'kept shut':>10}")
    for name in EMOTIONS:
        score = score_mood(plain, lip_gaps(renderer, spoken_in(name, speech, pcm_i16)), is_closure)
        print(f"  {name:<12} {score.agreement:8.3f} {score.spread:7.2f} {score.kept_shut:10.3f}")
