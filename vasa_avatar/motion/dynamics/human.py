"""Dynamics by rule, in human measure: prosody and chance to head, brows, lids, gaze and breath."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

import numpy as np

from vasa_avatar.datatypes import ARKIT_INDEX, F32
from vasa_avatar.motion.dynamics.acting import Acting
from vasa_avatar.motion.dynamics.arousal import Arousal
from vasa_avatar.motion.dynamics.base import (
    Attention,
    DynamicsFrame,
    DynamicsGains,
    DynamicsStream,
)
from vasa_avatar.motion.dynamics.blinks import Blinking
from vasa_avatar.motion.dynamics.breath import Breathing
from vasa_avatar.motion.dynamics.brows import BrowMotion
from vasa_avatar.motion.dynamics.gaze import GazeMotion
from vasa_avatar.motion.dynamics.head import HeadMotion
from vasa_avatar.motion.dynamics.listening import Listening, Response
from vasa_avatar.motion.dynamics.prosody import ProsodyRow, ProsodyStream
from vasa_avatar.motion.dynamics.temper import Temper
from vasa_avatar.motion.dynamics.voice_events import VoiceEvent, VoiceEvents
from vasa_avatar.motion.idle import IdleFace
from vasa_avatar.motion.performance.acts import Act, ActKind
from vasa_avatar.motion.speech.base import HOP_SAMPLES, MAX_LOOKAHEAD_SAMPLES, ROWS_PER_S
from vasa_avatar.motion.spring import Spring
from vasa_avatar.performance_style import EyeContact, PerformanceStyle

_NUCLEUS_AFTER_ONSET_S = 0.10
_IN_PAUSE = 0.5
_ROUSED = 0.22
"""logarithm by which head, brows and smile grow for one step of arousal"""
_ROUSED_OPENING = 0.05
_SUNG_OPENING = 0.3
_SUNG_SHARE = 0.3
"""of held tones in the last seconds, at which speech counts as song"""
_OPENING_RATE = 9.0
_MIRRORED = 0.04
_WIDE_OF_LIFT = 0.2
"""coefficient of widened eyes for one of lifted brows: the upper lids go along"""
_AWAY_AT_PHRASE = 0.4
"""chance that an average speaker looks away as a phrase begins (Kendon 1967)"""
_SILENT_ROW = ProsodyRow(False, 0.0, 0.0, 0.0, False, False)


class HumanDynamicsStream:
    """One session's dynamics; see DynamicsStream."""

    def __init__(
        self,
        fps: int,
        lookahead_ms: int,
        seed: int,
        style: PerformanceStyle,
        temper: Temper | None = None,
    ) -> None:
        parts = np.random.SeedSequence(seed).spawn(9)
        rngs = [np.random.Generator(np.random.PCG64(part)) for part in parts]
        temper = temper or Temper.of(style, rngs[7])
        self._head = HeadMotion(rngs[0], temper)
        self._brows = BrowMotion(rngs[1], temper)
        self._blinks = Blinking(rngs[2], temper)
        self._gaze = GazeMotion(rngs[3], temper)
        self._breath = Breathing(rngs[4])
        self._idle_face = IdleFace(rngs[5], temper)
        self._acting = Acting(self._head, self._brows, self._gaze, self._blinks)
        self._rng = rngs[6]
        self._listening = Listening(rngs[8])
        self._arousal, self._events = Arousal(), VoiceEvents()
        self._open = Spring(1.0)
        self._off = style.off
        self._corners = temper.corners
        away = 1.0 - temper.eye_contact.speaking
        away *= min(temper.gaze, 1.0)
        self._away_chance = min(_AWAY_AT_PHRASE * away / (1.0 - EyeContact().speaking), 1.0)
        self._prosody = ProsodyStream()
        spare = MAX_LOOKAHEAD_SAMPLES[lookahead_ms] - self._prosody.lookahead_samples
        self._rows_ahead = spare // HOP_SAMPLES
        self._waiting: deque[ProsodyRow] = deque()
        self._recent: deque[ProsodyRow] = deque(maxlen=64)
        self._next_row = 0
        self._dt_s = 1.0 / fps
        self._n_steps = 0
        self._speaking, self._talking = Spring(), Spring()
        self._attention = Attention.IDLE
        self._blink_gain = 1.0

    def begin(self) -> None:
        """A new utterance starts at its sample 0."""
        self._prosody.reset()
        self._arousal.begin()
        self._events.begin()
        self._waiting.clear()
        self._next_row = 0
        self._acting.forget()

    def push(self, pcm_16k: F32) -> None:
        """Take (N,) samples of the utterance."""
        self._waiting.extend(self._prosody.push(pcm_16k))

    def flush(self) -> None:
        """The utterance's sound is complete."""
        self._waiting.extend(self._prosody.flush())

    def cut(self) -> None:
        """Barge-in: forget the utterance's sound."""
        self.begin()
        self._head.forget_gestures(self._n_steps * self._dt_s)
        self._acting.mood.forget_coming(self._n_steps * self._dt_s)

    def attend(self, attention: Attention) -> None:
        """What to do while not speaking."""
        if attention is self._attention:
            return
        self._attention = attention
        time_s = self._n_steps * self._dt_s
        if attention is Attention.THINKING:
            self._head.ponder(time_s, self._gaze.begin_thinking(time_s))
        elif attention is Attention.LISTENING:
            self._gaze.attend_viewer(time_s, time_s + 1.0)

    def perform(self, acts: Sequence[Act]) -> None:
        """Take acts on the clock of the utterance under way."""
        self._acting.add(acts)

    def hear(self, pcm_16k: F32) -> None:
        """Take what the user says."""
        self._listening.push(pcm_16k)

    def nod(self, strength: float) -> None:
        """Nod as a listener does, 0..1."""
        self._head.nod(self._n_steps * self._dt_s, strength)

    def _respond(self, responses: list[Response], time_s: float) -> None:
        """What a listener does."""
        strength = float(self._rng.uniform(0.25, 0.55))
        for response in responses:
            if response in (Response.NOD, Response.NODS) and ActKind.NOD not in self._off:
                self._head.nod(time_s, strength + 0.3 * (response is Response.NODS))
            elif response is Response.BROWS:
                self._perform(ActKind.BROW_RAISE, time_s, strength, 0.5)
            elif response is Response.SMILE:
                self._perform(ActKind.SMILE, time_s, strength, 1.6)
            elif response is Response.LAUGH:
                self._perform(ActKind.SMILE, time_s, 0.9, 2.0)

    def _perform(self, kind: ActKind, time_s: float, strength: float, length_s: float) -> None:
        if kind not in self._off:
            self._acting.act_now(kind, time_s, strength, length_s)

    def step(self, speech_time_s: float | None, gains: DynamicsGains) -> DynamicsFrame:
        """Go on by one frame; see DynamicsStream."""
        self._n_steps += 1
        self._blink_gain, self._head.mood_tempo = gains.blinks, gains.head_tempo
        time_s = self._n_steps * self._dt_s
        row = self._take_part(time_s, speech_time_s)
        speaking = self._speaking.step(self._involvement(speech_time_s, row), 6.0, self._dt_s)
        attention = None if speech_time_s is not None else self._attention
        gaze_pitch, gaze_yaw, saccade = self._gaze.step(time_s, attention)
        rouse = math.exp(_ROUSED * self._arousal.level)
        singing = min(self._events.singing / _SUNG_SHARE, 1.0) if speech_time_s is not None else 0.0
        head = self._head.step(
            time_s, self._dt_s, speaking, row.pitch_st, gaze_yaw, rouse=rouse, singing=singing
        )
        if saccade > 6.0:
            self._blinks.prompt(time_s, 0.12 * gains.blinks)
        closure = self._blinks.step(time_s, self._dt_s, speaking, gains.blinks)
        breath = self._breath.step(self._dt_s, speaking, gains.breath_tempo)
        expression = self._idle_face.step(self._dt_s, speaking, attention)
        self._brighten(expression, attention)
        talking = self._talking.step(float(speech_time_s is not None), 6.0, self._dt_s)
        lift = self._add_brows(expression, time_s, talking, gains.brows * rouse)
        for place in _WIDE:
            expression[place] += np.float32(_WIDE_OF_LIFT * lift * (1.0 - closure))
        expression[_BLINK_LEFT] = max(closure, self._blinks.wink_closure(time_s))
        expression[_BLINK_RIGHT] = closure
        angles = np.array([head.pitch_deg, head.yaw_deg, head.roll_deg], np.float32)
        shift = np.array([head.shift_x, head.shift_y - 0.006 * breath, head.lean], np.float32)
        gain = np.float32(gains.head)
        gaze = np.array([gaze_pitch, gaze_yaw], np.float32)
        return DynamicsFrame(
            np.deg2rad(angles * gain),
            shift * gain,
            np.deg2rad(gaze),
            expression,
            breath,
            self._acting.mood.step(time_s),
            self._opening(singing),
            self._corners,
        )

    def _take_part(self, time_s: float, speech_time_s: float | None) -> ProsodyRow:
        """Act out what is said, or answer what is heard; gives the own voice under the frame."""
        responses = self._listening.step(time_s, self._dt_s)
        if speech_time_s is not None:
            self._listening.forget()
            row = self._listen(time_s, speech_time_s)
            self._acting.step(time_s, speech_time_s)
            return row
        self._arousal.relax(self._dt_s)
        if self._attention is Attention.LISTENING:
            self._respond(responses, time_s)
        return _SILENT_ROW

    def _opening(self, singing: float) -> float:
        """A roused voice opens the mouth a little further, a sung tone a good deal."""
        held = singing if self._events.holds_tone else 0.0
        wanted = math.exp(_ROUSED_OPENING * self._arousal.level) * (1.0 + _SUNG_OPENING * held)
        return self._open.step(wanted, _OPENING_RATE, self._dt_s)

    def _brighten(self, expression: F32, attention: Attention | None) -> None:
        """The face answers the energy of a voice: the own one, or the user's while listening."""
        if attention is None:
            for place in _SMILES:
                expression[place] *= np.float32(math.exp(_ROUSED * self._arousal.level))
        elif attention is Attention.LISTENING:
            energy = self._listening.energy
            for place in _SMILES:
                expression[place] += np.float32(_MIRRORED * max(energy, 0.0))
            expression[_BROW_INNER] += np.float32(_MIRRORED * abs(energy))

    def _involvement(self, speech_time_s: float | None, row: ProsodyRow) -> float:
        """How much the body speaks: 0 at rest, less in a pause than in a phrase."""
        if speech_time_s is None:
            return 0.0
        return 1.0 if row.is_speech else _IN_PAUSE

    def _add_brows(self, expression: F32, time_s: float, speaking: float, gain: float) -> float:
        """Add the brows; returns how far both ends are lifted."""
        brows = self._brows.step(time_s, self._dt_s, speaking)
        expression[_BROW_INNER] += gain * brows.inner_up
        expression[_BROW_OUTER_LEFT] += gain * brows.outer_left
        expression[_BROW_OUTER_RIGHT] += gain * brows.outer_right
        for brow, lid in zip(_BROW_DOWN, _SQUINT, strict=True):
            expression[brow] += gain * brows.down
            expression[lid] += 0.5 * gain * brows.down
        return gain * min(brows.inner_up, brows.outer_left, brows.outer_right)

    def _listen(self, time_s: float, speech_time_s: float) -> ProsodyRow:
        """React to the rows that came into view; returns the row under the frame."""
        until = int(speech_time_s * ROWS_PER_S) + self._rows_ahead
        while self._waiting and self._next_row <= until:
            row = self._waiting.popleft()
            row_time_s = time_s + self._next_row / ROWS_PER_S - speech_time_s
            self._react(row, time_s, row_time_s)
            self._recent.append(row)
            self._next_row += 1
        if not self._recent:
            return _SILENT_ROW
        # The melody may lead a little: the head's own inertia takes it back.
        return self._recent[-1]

    def _react(self, row: ProsodyRow, time_s: float, row_time_s: float) -> None:
        self._arousal.push(row)
        for event in self._events.push(row):
            self._answer(event, time_s)
        if row.starts_phrase:
            self._head.start_phrase(time_s)
            self._brows.start_phrase(time_s)
            self._shift_gaze(time_s, away=True, chance=self._away_chance)
        if row.stress > 0.0:
            peak_s = max(row_time_s + _NUCLEUS_AFTER_ONSET_S, time_s)
            self._head.stress(time_s, peak_s, row.stress)
            self._brows.stress(time_s, peak_s, row.stress)
        if row.ends_phrase:
            self._head.end_phrase(time_s)
            self._breath.inhale()
            self._blinks.prompt(time_s, 0.45 * self._blink_gain)
            self._shift_gaze(time_s, away=False, chance=0.75)

    def _answer(self, event: VoiceEvent, time_s: float) -> None:
        """A laugh is seen, a sigh lowers the head, a question's rise lifts the brows."""
        if event is VoiceEvent.LAUGH:
            self._perform(ActKind.LAUGH, time_s, 0.85, 1.4)
        elif event is VoiceEvent.SIGH:
            self._perform(ActKind.CONCERN, time_s, 0.35, 1.4)
        elif not self._brows.is_performing(time_s):
            self._perform(ActKind.BROW_RAISE, time_s, 0.6, 0.7)

    def _shift_gaze(self, time_s: float, away: bool, chance: float) -> None:
        """Look away as a phrase begins, back as it ends, mostly."""
        likes_to = self._rng.random() < chance
        if not likes_to or self._gaze.is_away == away or not self._gaze.is_settled(time_s):
            return
        if away:
            self._gaze.look_away(time_s, None)
        else:
            self._gaze.look_back(time_s, None)


_SMILES = ARKIT_INDEX["mouthSmileLeft"], ARKIT_INDEX["mouthSmileRight"]
_BLINK_LEFT = ARKIT_INDEX["eyeBlinkLeft"]
_BLINK_RIGHT = ARKIT_INDEX["eyeBlinkRight"]
_BROW_INNER = ARKIT_INDEX["browInnerUp"]
_BROW_OUTER_LEFT = ARKIT_INDEX["browOuterUpLeft"]
_BROW_OUTER_RIGHT = ARKIT_INDEX["browOuterUpRight"]
_BROW_DOWN = ARKIT_INDEX["browDownLeft"], ARKIT_INDEX["browDownRight"]
_SQUINT = ARKIT_INDEX["eyeSquintLeft"], ARKIT_INDEX["eyeSquintRight"]
_WIDE = ARKIT_INDEX["eyeWideLeft"], ARKIT_INDEX["eyeWideRight"]


class HumanDynamics:
    """The dynamics that need no weights; see DynamicsModel."""

    def __init__(self, temper: Temper | None = None) -> None:
        """Take a speaker's temper; None makes one for each stream, of its style and its seed."""
        self._temper = temper

    def stream(
        self,
        fps: int,
        lookahead_ms: int,
        seed: int,
        style: PerformanceStyle = PerformanceStyle(),  # noqa: B008  (frozen)
    ) -> DynamicsStream:
        """A new stream."""
        return HumanDynamicsStream(fps, lookahead_ms, seed, style, self._temper)
