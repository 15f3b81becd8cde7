"""One character, live or offline: speech and controls in, pictures with exactly their sound out.

A stream has no clock, thread or network: the sound is the clock. Frame n of an utterance carries
the samples [n * rate / fps, (n + 1) * rate / fps); the last one what is left.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from vasa_avatar.audio import StreamResampler
from vasa_avatar.datatypes import I16, U8, AvatarFrame, Controls, FaceMotion, Feeling, TimedWord
from vasa_avatar.errors import AudioError
from vasa_avatar.motion import Attention, DynamicsModel, MotionGenerator, Trail
from vasa_avatar.motion.speech import SpeechModel, load_speech_model
from vasa_avatar.performance_style import DrawnManner, PerformanceStyle
from vasa_avatar.render.base import Renderer
from vasa_avatar.safety import LIVE, MarkedRenderer, MarkPayload
from vasa_avatar.session.utterances import NO_SOUND, Utterance, UtteranceQueue
from vasa_avatar.units import FrameClock, ms_to_samples

if TYPE_CHECKING:
    from vasa_avatar.appearance import Avatar

LOOKAHEAD_MS = {True: 80, False: 160}
"""how much sound a frame waits for, by whether it arrives in real time"""
HEARD_AT_ONCE_MS = 160
"""sound that is there is heard in such pieces: a call of the speech network costs as much for one
frame of it as for three"""
LIVE_MARK = MarkPayload(flags=LIVE)


@dataclass(frozen=True, slots=True, eq=False)
class MotionFrame:
    """One frame before it is drawn."""

    motion: FaceMotion
    audio: I16
    """(N,) the frame's own samples; empty in idle frames"""
    index: int
    """frame number since the stream began or was interrupted"""
    is_speech: bool
    is_last: bool
    """whether an utterance ends with this frame"""


def copy_sound(pcm_i16: I16) -> I16:
    """A read-only copy of (N,) int16 samples; AudioError for anything else."""
    if not isinstance(pcm_i16, np.ndarray):
        raise AudioError(f"sound is {type(pcm_i16).__name__}; expected int16 of shape (N,), mono")
    if pcm_i16.dtype != np.int16 or pcm_i16.ndim != 1:
        came = f"{pcm_i16.dtype} of shape {pcm_i16.shape}"
        raise AudioError(f"sound is {came}; expected int16 of shape (N,), mono")
    sound = pcm_i16.copy()
    sound.flags.writeable = False
    return sound


def checked_nod(strength: float) -> float:
    """The strength of a nod, if it is one."""
    if not 0.0 <= strength <= 1.0:
        raise ValueError(f"strength of the nod is {strength}; expected 0 to 1")
    return strength


@lru_cache(maxsize=1)
def _shared_speech_model() -> SpeechModel:
    """The default speech model, loaded once a process."""
    return load_speech_model()


class AvatarStream:
    """One character in one conversation; light, for one thread; LiveStream runs it in real time."""

    def __init__(
        self,
        avatar: Avatar | None,
        sample_rate_hz: int,
        fps: int = 25,
        size_px: int = 512,
        *,
        realtime: bool = False,
        controls: Controls = Controls(),  # noqa: B008  (frozen)
        seed: int = 0,
        language: str = "en",
        style: PerformanceStyle = PerformanceStyle(),  # noqa: B008  (frozen)
        renderer: Renderer | None = None,
        mark: MarkPayload | None = LIVE_MARK,
        speech: SpeechModel | None = None,
        dynamics: DynamicsModel | None = None,
    ) -> None:
        """Start at rest, without speech.

        Args:
            avatar: who is seen; may be None when `renderer` is given.
            sample_rate_hz: of the sound to come, 4000 to 384000.
            fps: 25, 30, 40, 50 or 60.
            size_px: edge of the square picture.
            realtime: the sound arrives as fast as it is heard, as from a microphone: a frame then
                waits for 80 ms of sound; TTS and files run ahead, and 160 ms move the mouth better.
            controls: where the character starts.
            seed: of all that is left to chance; the same seed and input give the same output.
            language: of the words that `push_words` brings, as a tag such as "en" or "pt-BR".
            style: how the character performs, with words and without.
            renderer: draws the frames; a MeshRenderer of the avatar when None.
            mark: what the imperceptible mark in every picture says; no mark when None.
            speech: shared model of the mouth; the package's best when None.
            dynamics: shared model of head, brows, eyes; by rule when None.
        """
        lookahead_ms = LOOKAHEAD_MS[realtime]
        is_drawn = avatar is not None and avatar.is_drawn
        if style.drawn is None and is_drawn:
            style = dataclasses.replace(style, drawn=DrawnManner())
        self._clock = FrameClock(sample_rate_hz, fps)
        self._lookahead_samples = ms_to_samples(lookahead_ms, sample_rate_hz)
        self._at_once_samples = ms_to_samples(HEARD_AT_ONCE_MS, sample_rate_hz)
        self._generator = MotionGenerator(
            sample_rate_hz=sample_rate_hz,
            fps=fps,
            lookahead_ms=lookahead_ms,
            speech=speech or _shared_speech_model(),
            dynamics=dynamics,
            controls=controls,
            seed=seed,
            language=language,
            style=style,
        )
        drawn_by = renderer or _mesh_renderer(avatar, size_px)
        self._renderer = drawn_by if mark is None else MarkedRenderer(drawn_by, mark, is_drawn)
        self._trail = None if avatar is None or avatar.assets.hang is None else Trail(fps)
        self._queue = UtteranceQueue()
        self._utterance_frame = 0
        self._hearing: StreamResampler | None = None
        self._hearing_rate_hz = 0
        self._is_heard = False
        self._index = 0

    @property
    def sample_rate_hz(self) -> int:
        """Of the sound that goes in and comes out."""
        return self._clock.sample_rate_hz

    @property
    def fps(self) -> int:
        """Frames a second."""
        return self._clock.fps

    @property
    def size_px(self) -> int:
        """Edge of the square picture."""
        return self._renderer.size_px

    @property
    def lookahead_samples(self) -> int:
        """A frame comes out when this many samples after its first one have arrived."""
        return self._lookahead_samples

    def push(self, pcm_i16: I16) -> None:
        """Take speech: (N,) int16 mono at the stream's rate, any length."""
        if len(sound := copy_sound(pcm_i16)):
            self._queue.push(sound)

    def push_words(self, words: Sequence[TimedWord]) -> None:
        """Take words of the utterance that is being pushed, as soon as they are known.

        Head, brows, eyes and mood then follow their meaning. Words come in their order; late and
        missing ones cost their gesture and never hold up a frame.
        """
        self._queue.push_words(words)

    def flush(self) -> None:
        """End of the utterance: its last frames come out, then the mouth comes to rest."""
        self._queue.flush()

    @property
    def is_ready(self) -> bool:
        """Whether a frame of speech can come out now."""
        utterance = self._queue.current
        if utterance is None:
            return False
        if utterance.is_flushed:
            return True
        first = self._clock.first_sample(self._utterance_frame)
        return utterance.n_samples >= first + self._lookahead_samples

    def pull_motion(self) -> Iterator[MotionFrame]:
        """Frames of speech that are ready, not drawn; `render` draws one, or nobody does."""
        while self.is_ready:
            yield self._next_speech_frame()

    def idle_motion(self) -> MotionFrame:
        """One living frame without speech, not drawn."""
        return self._numbered(self._generator.rest(), NO_SOUND, is_speech=False, is_last=False)

    def render(self, frame: MotionFrame, out: U8 | None = None) -> AvatarFrame:
        """Draw a frame, into `out` (size, size, 3) when given."""
        picture = self._renderer.render(frame.motion, out)
        return AvatarFrame(picture, frame.audio, frame.index, frame.motion, frame.is_speech)

    def pull(self) -> Iterator[AvatarFrame]:
        """Frames of speech, each as soon as its lookahead has arrived."""
        for frame in self.pull_motion():
            yield self.render(frame)

    def idle(self) -> AvatarFrame:
        """One living frame without speech; also to bridge a gap in the sound."""
        return self.render(self.idle_motion())

    def interrupt(self) -> None:
        """Barge-in: pending sound is gone, the mouth closes within 150 ms of idle frames."""
        self._queue.clear()
        self._generator.cut()
        self._utterance_frame = 0
        self._is_heard = False
        self._index = 0

    def set_controls(self, controls: Controls) -> None:
        """New controls, blended over time from the next frame on."""
        self._generator.set_controls(controls)

    def feel(self, feeling: Feeling | None) -> None:
        """Begin a feeling that comes and goes over the mood; None lets the present one go."""
        self._generator.feel(feeling)

    def attend(self, attention: Attention) -> None:
        """What to do while not speaking: be idle, listen or think."""
        self._generator.attend(attention)

    def hear(self, pcm_i16: I16, rate_hz: int) -> None:
        """Take what the user says, as it comes: a listener nods and smiles at its places.

        Args:
            pcm_i16: (N,) int16 mono, any length.
            rate_hz: its rate.
        """
        if self._hearing is None or rate_hz != self._hearing_rate_hz:
            self._hearing, self._hearing_rate_hz = StreamResampler(rate_hz), rate_hz
        self._generator.hear(self._hearing.push(copy_sound(pcm_i16)))

    def nod(self, strength: float = 0.6) -> None:
        """Nod as a listener does, 0..1."""
        self._generator.nod(checked_nod(strength))

    def _next_speech_frame(self) -> MotionFrame:
        utterance = self._queue.current
        assert utterance is not None
        frame = self._utterance_frame
        first, end = self._clock.first_sample(frame), self._clock.first_sample(frame + 1)
        if frame == 0:
            self._generator.begin()
            self._is_heard = False
        if words := utterance.take_words():
            self._generator.push_words(words)
        if not self._is_heard:
            self._hear(utterance, first + self._lookahead_samples)
        motion = self._generator.speak((frame + 0.5) / self.fps)
        audio = utterance.play(end - first)
        is_last = utterance.is_flushed and end >= utterance.n_samples
        self._utterance_frame += 1
        if is_last:
            self._queue.pop()
            self._utterance_frame = 0
        return self._numbered(motion, audio, is_speech=True, is_last=is_last)

    def _hear(self, utterance: Utterance, end_sample: int) -> None:
        """Let the generator hear an utterance as far as the next frame may look, and a few more
        frames of it where they have come; the first one waits for no more than it needs."""
        if utterance.n_heard < end_sample:
            more = self._at_once_samples - self._clock.samples_in(0) if utterance.n_heard else 0
            self._generator.push(utterance.hear(end_sample + max(more, 0) - utterance.n_heard))
        if utterance.is_flushed and end_sample >= utterance.n_samples:
            self._generator.flush()
            self._is_heard = True

    def _numbered(
        self, motion: FaceMotion, audio: I16, *, is_speech: bool, is_last: bool
    ) -> MotionFrame:
        if self._trail is not None:
            motion = self._trail.follow(motion)
        index = self._index
        self._index += 1
        return MotionFrame(motion, audio, index, is_speech, is_last)


def _mesh_renderer(avatar: Avatar | None, size_px: int) -> Renderer:
    if avatar is None:
        raise ValueError("avatar is None; expected an avatar, or a renderer of your own")
    from vasa_avatar.render import make_renderer

    return make_renderer(avatar, size_px)
