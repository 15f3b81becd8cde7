"""One utterance's words, as they come, to the acts of the dynamics."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vasa_avatar.datatypes import TimedWord
from vasa_avatar.motion.dynamics.base import DynamicsStream
from vasa_avatar.motion.performance import Planner, language_of, load_rules
from vasa_avatar.performance_style import PerformanceStyle

_DECIDE_AHEAD_S = 0.3
"""so long before a word all is decided that it calls for: the slowest acts need that to rise"""
_SEED_KEY = 0x776F7264
"""keeps the planner's chance apart from the dynamics' own"""


class WordTrack:
    """Plans with the rules of one language; without a table only marks and tags are acted."""

    def __init__(
        self, language: str, style: PerformanceStyle, seed: int, dynamics: DynamicsStream
    ) -> None:
        """Begin without words.

        Args:
            language: a tag such as "en" or "pt-BR".
            style: the character's.
            seed: of the small differences from act to act.
            dynamics: carries the acts out.
        """
        self._dynamics = dynamics
        self._planner: Planner | None = None
        if style.gain > 0.0:
            rng = np.random.default_rng(np.random.SeedSequence((seed, _SEED_KEY)))
            self._planner = Planner(load_rules(language_of(language)), style, rng)

    def begin(self) -> None:
        """A new utterance: words count from its sample 0."""
        if self._planner is not None:
            self._planner.reset()

    def push(self, words: Sequence[TimedWord]) -> None:
        """Take words of the utterance, in their order."""
        if self._planner is not None:
            self._dynamics.perform(self._planner.push(words))

    def flush(self) -> None:
        """The utterance is complete."""
        if self._planner is not None:
            self._dynamics.perform(self._planner.flush())

    def step(self, time_s: float) -> None:
        """A frame for an instant of the utterance is made now."""
        if self._planner is not None:
            self._dynamics.perform(self._planner.settle(time_s + _DECIDE_AHEAD_S))
