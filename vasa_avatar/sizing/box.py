"""One machine under load: sessions that talk and pause, to how late their sound is.

Discrete events. Every 40 ms a session has a frame: first what its sound waits for, then its
picture. A step takes a core, and part of its time the lock of its process; what is due first goes
first, sound before pictures. A picture that would not begin before the next frame is left out.
Sound is late by as much as it comes after it was due, at the reader where that is on the machine,
too (as in a bench, where one process reads for all).
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np

from vasa_avatar.sizing.costs import SessionCost

_FRAME_S = 0.040
_SPREAD = 0.35
"""standard deviation of a step's time, over its mean; gamma distributed"""
_TURN_S = 6.0
"""how long a session talks at a time, on average; pauses follow from the share"""
_HOPELESS_FRAMES = 25
"""that wait for each session: it only gets worse from there"""
_SOUND, _READ, _PICTURE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Box:
    """A machine."""

    cores: int
    workers: int
    """processes that share it"""
    has_clients: bool = False
    """whether those who watch compute on it, too, as in a bench"""


@dataclass(frozen=True, slots=True)
class BoxLoad:
    """What happened."""

    sessions: int
    cores_busy: float
    p99_late_ms: float
    """of sound"""
    most_late_ms: float
    pictures: float
    """that were drawn, of those that were due"""


def simulate_box(
    box: Box,
    cost: SessionCost,
    sessions: int,
    *,
    talk_share: float = 1.0,
    seconds: float = 20.0,
    seed: int = 0,
) -> BoxLoad:
    """Let so many sessions run on a box.

    Args:
        box: the machine.
        cost: of a session.
        sessions: open at once, spread over the workers.
        talk_share: of its time that each talks; 1 = all at once, without a pause.
        seconds: simulated.
        seed: of everything random.
    """
    frames = _frames(sessions, talk_share, seconds, np.random.default_rng(seed))
    return _Run(box, cost, np.random.default_rng(seed + 1)).through(frames, sessions, seconds)


def _frames(
    sessions: int, talk_share: float, seconds: float, random: np.random.Generator
) -> list[tuple[float, int, bool]]:
    """(when it is due, session, whether it talks) of every frame, in order."""
    frames = []
    silence_s = _TURN_S * (1.0 - talk_share) / max(talk_share, 1e-6)
    for session in range(sessions):
        is_talking = bool(random.random() < talk_share)
        until_s = random.exponential(_TURN_S if is_talking else silence_s or 1.0)
        due_s = random.random() * _FRAME_S
        while due_s < seconds:
            while talk_share < 1.0 and due_s > until_s:
                is_talking = not is_talking
                until_s += random.exponential(_TURN_S if is_talking else silence_s)
            frames.append((due_s, session, is_talking or talk_share >= 1.0))
            due_s += _FRAME_S
    return sorted(frames)


class _Run:
    """The state between two events."""

    def __init__(self, box: Box, cost: SessionCost, random: np.random.Generator) -> None:
        self._box, self._cost, self._random = box, cost, random
        self._free_cores = box.cores
        self._has_lock = [False] * (box.workers + 1)
        self._waiting: list[list[tuple[int, float, int, int, bool]]] = [[] for _ in self._has_lock]
        """of each process: (what, due, number, session, whether it talks), the most urgent first"""
        self._endings: list[tuple[float, int, tuple[int, float, int, bool], int | None]] = []
        """(when, number, (what, due, session, whether it talks), worker whose lock is held)"""
        self._number = 0
        self._busy_s = 0.0
        self._late_ms: list[float] = []
        self._pictures = self._left_out = 0

    def through(
        self, frames: list[tuple[float, int, bool]], sessions: int, seconds: float
    ) -> BoxLoad:
        """Everything that happens."""
        coming = iter(frames)
        following, now_s = next(coming, None), 0.0
        while following is not None or self._endings:
            if sum(map(len, self._waiting)) > _HOPELESS_FRAMES * sessions:
                break
            if following is not None and (not self._endings or following[0] <= self._endings[0][0]):
                due_s, session, talks = following
                self._wait(_SOUND, due_s, session, talks)
                following, now_s = next(coming, None), due_s
            else:
                now_s = self._end_step()
            self._begin_steps(now_s)
        seconds = now_s if self._endings else seconds
        late_ms = np.array(self._late_ms or [0.0])
        due = self._pictures + self._left_out
        return BoxLoad(
            sessions,
            self._busy_s / seconds,
            float(np.percentile(late_ms, 99)),
            float(late_ms.max()),
            self._pictures / max(due, 1),
        )

    def _wait(self, what: int, due_s: float, session: int, talks: bool) -> None:
        self._number += 1
        process = self._box.workers if what == _READ else session % self._box.workers
        heapq.heappush(self._waiting[process], (what, due_s, self._number, session, talks))

    def _begin_steps(self, now_s: float) -> None:
        """Give cores and locks to who waits."""
        while self._free_cores:
            able = [
                process
                for process, waiting in enumerate(self._waiting)
                if waiting and not self._has_lock[process]
            ]
            if not able:
                return
            process = min(able, key=lambda one: self._waiting[one][0])
            what, due_s, _, session, talks = heapq.heappop(self._waiting[process])
            if what == _PICTURE and now_s > due_s + _FRAME_S:
                self._left_out += 1
            else:
                self._begin(what, due_s, session, talks, process, now_s)

    def _begin(
        self, what: int, due_s: float, session: int, talks: bool, worker: int, now_s: float
    ) -> None:
        """The part of a step that holds the lock; what needs none follows on the same core."""
        cost = self._cost
        share = cost.talking_share if talks else cost.silent_share
        parts = {_SOUND: cost.sound_share * share, _PICTURE: (1.0 - cost.sound_share) * share}
        seconds = (
            parts.get(what, cost.client_share)
            * _FRAME_S
            * self._random.gamma(_SPREAD**-2, _SPREAD**2)
        )
        self._busy_s += seconds
        self._free_cores -= 1
        self._has_lock[worker] = True
        self._number += 1
        locked_s = seconds * cost.locked_share
        step = (what, due_s, session, talks)
        heapq.heappush(self._endings, (now_s + locked_s, self._number, step, worker))
        self._number += 1
        heapq.heappush(self._endings, (now_s + seconds, self._number, step, None))

    def _end_step(self) -> float:
        """The next lock that is given back, or step that is done."""
        now_s, _, (what, due_s, session, talks), worker = heapq.heappop(self._endings)
        if worker is not None:
            self._has_lock[worker] = False
            return now_s
        self._free_cores += 1
        if what == _PICTURE:
            self._pictures += 1
        elif what == _SOUND:
            self._wait(_PICTURE, due_s, session, talks)
        is_heard = what == (_READ if self._box.has_clients else _SOUND)
        if what == _SOUND and not is_heard:
            self._wait(_READ, due_s, session, talks)
        if is_heard and talks:
            self._late_ms.append((now_s - due_s) * 1e3)
        return now_s
