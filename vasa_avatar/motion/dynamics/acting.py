"""Acts to movements: each kind as head, brows, eyes, lids or a passing mood carry it out.

Acts come on the clock of their utterance, some time ahead; movements start on the session's clock
when their act is due. An act that comes too late is left out: a nod after its word means another.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable

from vasa_avatar.motion.dynamics.blinks import Blinking
from vasa_avatar.motion.dynamics.brows import BrowMotion
from vasa_avatar.motion.dynamics.gaze import GazeMotion
from vasa_avatar.motion.dynamics.head import HeadMotion, HeadShape
from vasa_avatar.motion.dynamics.mood import PassingMood
from vasa_avatar.motion.performance.acts import Act, ActKind

_SHORTEST_RISE_S = 0.18
_TOO_LATE_S = 0.3
"""by which a movement may peak after its word's vowel, some .1 s of the word included: viewers tie
a gesture to a word up to some .2 s (Leonard and Cummins 2011)"""


class Acting:
    """Holds the acts of the utterance under way and starts each in its time."""

    def __init__(
        self, head: HeadMotion, brows: BrowMotion, gaze: GazeMotion, blinks: Blinking
    ) -> None:
        self.mood = PassingMood()
        self._head, self._brows, self._gaze, self._blinks = head, brows, gaze, blinks
        self._numbers = itertools.count()
        self._waiting: list[tuple[float, int, Act]] = []

    def add(self, acts: Iterable[Act]) -> None:
        """Take acts on the utterance's clock, in any order."""
        for act in acts:
            heapq.heappush(self._waiting, (act.start_s, next(self._numbers), act))

    def forget(self) -> None:
        """The utterance is over or was cut off: what has not begun never will."""
        self._waiting.clear()

    def step(self, time_s: float, speech_time_s: float) -> None:
        """Start what is due.

        Args:
            time_s: of the frame, since the session began.
            speech_time_s: of the frame, on the utterance's clock.
        """
        while self._waiting and self._waiting[0][0] <= speech_time_s:
            act = heapq.heappop(self._waiting)[2]
            if speech_time_s + _SHORTEST_RISE_S - act.peak_s <= _TOO_LATE_S:
                shift_s = time_s - speech_time_s
                peak_s = max(act.peak_s + shift_s, time_s + _SHORTEST_RISE_S)
                self._start(act, time_s, peak_s, max(act.end_s + shift_s, peak_s + 0.3))

    def act_now(self, kind: ActKind, time_s: float, strength: float, length_s: float = 0.9) -> None:
        """Do what a voice calls for as it is heard: it could not be known before."""
        peak_s = time_s + _SHORTEST_RISE_S
        act = Act(kind, time_s, peak_s, peak_s + length_s, strength)
        self._start(act, time_s, peak_s, act.end_s)

    def _start(self, act: Act, start_s: float, peak_s: float, end_s: float) -> None:
        kind, strength = act.kind, act.strength
        if kind in _HEAD_SHAPES:
            self._head.perform(_HEAD_SHAPES[kind], start_s, peak_s, end_s, strength)
        elif kind is ActKind.LEAN_IN:
            self._head.lean_in(end_s, strength)
        elif kind is ActKind.BROW_RAISE:
            self._brows.perform(start_s, peak_s, end_s, lift=strength)
        elif kind is ActKind.BROW_FROWN:
            self._brows.perform(start_s, peak_s, end_s, knit=strength)
        elif kind is ActKind.GAZE_ASIDE:
            self._gaze.search_word(start_s, end_s)
        elif kind is ActKind.GAZE_BACK:
            self._gaze.attend_viewer(start_s, end_s)
        elif kind is ActKind.BLINK:
            self._blinks.prompt(start_s, strength)
        elif kind is ActKind.WINK:
            self._blinks.wink(start_s)
            self.mood.smile(start_s, peak_s, end_s + 0.6, 0.3 * strength)
        else:
            self._feel(kind, start_s, peak_s, end_s, strength)

    def _feel(
        self, kind: ActKind, start_s: float, peak_s: float, end_s: float, strength: float
    ) -> None:
        if kind is ActKind.CONCERN:
            self.mood.concern(start_s, peak_s, end_s, 0.6 * strength)
            self._head.perform(((0.0, (-1.0, 0.0, 2.5)),), start_s, peak_s, end_s, strength)
        elif kind is ActKind.SMILE:
            self.mood.smile(start_s, peak_s, end_s, 0.75 * strength)
        else:  # a laugh: the smile of it, with a head that bobs
            self.mood.smile(start_s, peak_s, end_s, strength)
            self._head.perform(_BOBBING, start_s, peak_s, end_s, strength)


# Sizes as filmed speakers' gestures have (Hadar et al. 1983: 3 to 10 degrees).
_HEAD_SHAPES: dict[ActKind, HeadShape] = {
    ActKind.NOD: ((0.0, (-7.0, 0.0, 0.0)), (0.75, (1.2, 0.0, 0.0))),
    ActKind.SHAKE: ((0.0, (0.0, 6.5, 0.6)), (0.38, (-0.8, -6.5, -0.6)), (0.72, (0.0, 3.6, 0.4))),
    ActKind.SIDE_TO_SIDE: ((0.0, (0.0, 3.0, 4.5)),),
    ActKind.SWEEP: ((0.0, (0.5, -7.0, 0.0)), (0.6, (0.5, 7.0, 0.0))),
    ActKind.TILT: ((0.0, (0.6, 1.2, 5.0)),),
}
_BOBBING: HeadShape = (
    (0.0, (2.5, 0.0, 0.0)), (0.25, (-2.0, 0.0, 1.0)), (0.5, (1.6, 0.0, -1.0)),
    (0.75, (-1.4, 0.0, 0.0)),
)  # fmt: skip
