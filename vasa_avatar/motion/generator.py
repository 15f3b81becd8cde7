"""Sound and controls to FaceMotion, one video frame at a time.

The caller feeds an utterance's sound as far as a frame may look ahead, then takes the frame:
`begin`, `push`, `speak`, `push`, `speak`, ... `flush`, `speak`, `rest`, `rest`, ...
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vasa_avatar.datatypes import (
    ARKIT_INDEX,
    F32,
    I16,
    Controls,
    FaceMotion,
    Feeling,
    HeadPose,
    K,
    TimedWord,
)
from vasa_avatar.motion.controls_blend import ControlsBlend
from vasa_avatar.motion.dynamics.base import Attention, DynamicsGains, DynamicsModel
from vasa_avatar.motion.dynamics.human import HumanDynamics
from vasa_avatar.motion.dynamics.mood import NO_FEELING
from vasa_avatar.motion.emotion import emotion_shown
from vasa_avatar.motion.eye_signs import EyeSigns
from vasa_avatar.motion.face_mix import mix_face
from vasa_avatar.motion.feeling import FeelingTrack, WordFeelings
from vasa_avatar.motion.held_mouths import HeldMouths
from vasa_avatar.motion.speech import MAX_LOOKAHEAD_SAMPLES, SpeechModel
from vasa_avatar.motion.speech_track import SpeechTrack
from vasa_avatar.motion.spring import Spring, ease
from vasa_avatar.motion.word_track import WordTrack
from vasa_avatar.performance_style import PerformanceStyle

_MOUTH_REST_S = 0.13  # how fast a mouth that was cut off comes to rest
_OPENING, _USUAL_JAW, _WIDEST = 1.1, 0.2, 0.3
"""after filmed speakers: the range of the opening, and where the jaw mostly is"""
_JAW_OPEN = ARKIT_INDEX["jawOpen"]
_MOUTH_JOIN_S = 0.08  # how fast it joins speech that begins in full voice


class MotionGenerator:
    """One session's motion. The same seed and calls give the same motion, bit for bit."""

    def __init__(
        self,
        *,
        sample_rate_hz: int,
        fps: int,
        lookahead_ms: int,
        speech: SpeechModel,
        dynamics: DynamicsModel | None = None,
        controls: Controls = Controls(),  # noqa: B008  (frozen)
        seed: int = 0,
        language: str = "en",
        style: PerformanceStyle = PerformanceStyle(),  # noqa: B008  (frozen)
    ) -> None:
        """Start at rest.

        Args:
            sample_rate_hz: of the sound to come.
            fps: frames a second.
            lookahead_ms: 80 for sound that comes in real time, 160 for sound that runs ahead.
            speech: shared model of the mouth.
            dynamics: shared model of the rest; by rule when None.
            controls: where the character starts.
            seed: of all that is left to chance.
            language: of the words that may come, as a tag such as "en" or "pt-BR".
            style: how the character performs, with words and without.
        """
        if lookahead_ms not in MAX_LOOKAHEAD_SAMPLES:
            raise ValueError(
                f"lookahead_ms is {lookahead_ms}; expected one of {sorted(MAX_LOOKAHEAD_SAMPLES)}"
            )
        self._dt_s = 1.0 / fps
        self._dynamics = (dynamics or HumanDynamics()).stream(fps, lookahead_ms, seed, style)
        self._track = SpeechTrack(sample_rate_hz, lookahead_ms, speech, self._dynamics)
        self._words = WordTrack(language, style, seed, self._dynamics)
        self._controls = ControlsBlend(controls, fps)
        self._feeling = FeelingTrack(fps)
        self._word_feelings = WordFeelings(self._feeling, fps)
        self._speaking = Spring()
        self._mouth = np.zeros(K, np.float32)
        self._gap = np.zeros(K, np.float32)
        self._gap_age_s = 0.0
        self._gap_length_s = _MOUTH_REST_S
        self._was_speech = False
        self._signs = None if style.drawn is None else EyeSigns(fps, style.drawn)
        holds = style.drawn is not None and style.drawn.holds_mouths
        self._held = HeldMouths(fps) if holds else None

    def begin(self) -> None:
        """A new utterance: its sound counts from sample 0."""
        self._track.begin()
        self._words.begin()
        self._word_feelings.begin()
        self._was_speech = False

    def push(self, pcm_i16: I16) -> None:
        """Take (N,) samples of the utterance, as far as the next frame may look."""
        self._track.push(pcm_i16)

    def push_words(self, words: Sequence[TimedWord]) -> None:
        """Take words of the utterance, in their order; the earlier, the better they are acted."""
        self._words.push(words)
        self._word_feelings.push(words)

    def flush(self) -> None:
        """The utterance's sound is complete."""
        self._track.flush()
        self._words.flush()

    def cut(self) -> None:
        """Barge-in: the utterance is forgotten; the mouth closes within 150 ms of rest frames."""
        self._dynamics.cut()
        self._track.begin()
        self._word_feelings.begin()

    def set_controls(self, controls: Controls) -> None:
        """New controls, blended over time from the next frame on."""
        self._controls.set(controls)

    def feel(self, feeling: Feeling | None) -> None:
        """Begin a feeling with the next frame; None lets the present one go."""
        self._feeling.feel(feeling)

    def attend(self, attention: Attention) -> None:
        """What to do while not speaking."""
        self._dynamics.attend(attention)

    def hear(self, pcm_16k: F32) -> None:
        """Take (N,) float32 samples of what the user says, as it comes."""
        self._dynamics.hear(pcm_16k)

    def nod(self, strength: float = 0.6) -> None:
        """Nod as a listener does, 0..1."""
        self._dynamics.nod(strength)

    def speak(self, time_s: float) -> FaceMotion:
        """The next frame, drawn for an instant of the utterance."""
        row = self._track.row_at(time_s)
        if self._held is not None:
            row = self._held.step(row)
        self._words.step(time_s)
        self._word_feelings.speak(time_s)
        if not self._was_speech:
            self._open_gap(row, _MOUTH_JOIN_S)
        self._was_speech = True
        return self._frame(row, time_s)

    def rest(self) -> FaceMotion:
        """The next frame without speech."""
        row = np.zeros(K, np.float32)
        if self._held is not None:
            self._held.rest()
        self._word_feelings.rest()
        if self._was_speech:
            self._open_gap(row, _MOUTH_REST_S)
        self._was_speech = False
        return self._frame(row, None)

    def _open_gap(self, row: F32, length_s: float) -> None:
        """The mouth is elsewhere than the new source says: let the difference fade."""
        self._gap = self._mouth - row
        self._gap_age_s = 0.0
        self._gap_length_s = length_s

    def _frame(self, row: F32, time_s: float | None) -> FaceMotion:
        self._gap_age_s += self._dt_s
        left = np.float32(1.0 - ease(self._gap_age_s / self._gap_length_s))
        self._mouth = row + left * self._gap if left else row
        self._controls.step()
        self._feeling.step()
        controls = self._controls
        speaking = self._speaking.step(0.0 if time_s is None else 1.0, 14.0, self._dt_s)
        own_mood = self._feeling.over(controls.emotions)
        head, brows, blinks, head_tempo, breath_tempo = emotion_shown(own_mood).life
        gains = DynamicsGains(
            head=controls.head_gain * head,
            brows=controls.brow_gain * brows,
            blinks=controls.blink_gain * blinks,
            head_tempo=head_tempo,
            breath_tempo=breath_tempo,
        )
        living = self._dynamics.step(time_s, gains)
        feelings = _together(own_mood, living.mood)
        mood = emotion_shown(feelings)
        lip_gain = controls.lip_gain * living.opening
        if self._held is None:
            lip_gain *= _range_gain(float(self._mouth[_JAW_OPEN]))
        face = mix_face(
            self._mouth, lip_gain, mood.face, living.expression, speaking, living.corners
        )
        if self._signs is not None:
            face = self._signs.step(face, feelings)
        rotation = controls.head_rotation_rad + mood.head_rad + living.head_rotation_rad
        shift = living.head_translation.copy()
        shift[2] = controls.head_distance * (1.0 + shift[2]) - 1.0
        return FaceMotion(
            face,
            HeadPose(_read_only(rotation), _read_only(shift)),
            _read_only(controls.gaze_rad + living.gaze_rad + mood.gaze_rad),
            living.breath,
        )


def _range_gain(jaw: float) -> float:
    """Ratio on an opening: a network's wide vowels are narrower than people's, the others less."""
    return _OPENING * (1.0 + min(jaw - _USUAL_JAW, _WIDEST))


def _together(own: F32, passing: F32) -> F32:
    """(8,) strengths of the character's mood with passing feelings over it, 1 in sum at most."""
    if passing is NO_FEELING or not passing.any():
        return own
    room = np.float32(max(0.0, 1.0 - float(passing.sum())))
    scale = np.float32(min(1.0, float(room) / max(float(own.sum()), 1e-6)))
    return own * scale + passing


def _read_only(array: F32) -> F32:
    out = np.asarray(array, np.float32)
    out.flags.writeable = False
    return out
