"""How a speaker is by nature: lively or still, with the head or with the brows, all the time.

People differ from one another far more than one person from minute to minute; drawing every speaker
from the same few averages is what gives made motion away first.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from vasa_avatar.performance_style import EyeContact, PerformanceStyle

_SPREAD = {
    "head": 0.85, "pitch": 0.45, "yaw": 0.50, "roll": 0.60, "trunk": 0.7, "blinks": 0.9,
    "gaze": 0.9, "brow_ends": 0.6,
}  # fmt: skip
"""standard deviations of the logarithm from speaker to speaker, after thirteen filmed ones"""
_MEAN = {
    "gaze": -0.15, "blinks": -0.33, "head": -0.05, "pitch": 0.1, "yaw": -0.1, "unrest": -0.45,
    "squint": -0.3, "trunk": -0.25,
}  # fmt: skip
"""of the logarithm, where the mean of the ratio counts and not its middle"""
_MOST = {"brow_ends": 0.9, "brow_pace": 0.6, "blinks": 1.4, "head": 1.5, "trunk": 1.9}
_MOST_OF_AXIS = 1.25
"""what is drawn for the head and for one of its axes, together"""
_MOST_OF_ALL = 1.2
"""nobody is frozen, nobody flails: the logarithm stays within it"""
_AXES = ("pitch", "yaw", "roll")
_SMILE_SWING = (0.02, 1.35)
"""how far the slow smile goes up and down: at least, and for each step of the smile"""
_SIDE_STD = 0.12
_SPEAKERS_BLINKS_PER_MIN = 26.0
_SEED_KEY = 0x74656D70
"""keeps a nature's chance apart from a session's"""


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of speakers: how they hold a part of the face while they talk, and how it moves."""

    share: float
    """of all speakers"""
    held: tuple[float, float]
    """coefficient, from and to; the opposite one below 0"""
    ratio: float
    """of movement, median"""
    spread: float
    """standard deviation of its logarithm"""


# As filmed speakers are: some knit their brows and hardly move them, most hold them lifted and move
# them a good deal; some mouths are serious and still, some smile and smile more.
_BROWS = (
    _Kind(0.24, (-0.36, -0.18), 0.02, 0.4),
    _Kind(0.05, (0.04, 0.20), 1.0, 0.5),
    _Kind(0.71, (0.30, 0.74), 1.7, 0.45),
)
_KNITS = ((0.55, 0.05), (0.45, 1.2))
"""share of speakers and by which ratio their brows knit in passing: some never do"""
_LATER_SPREAD = {"unrest": 0.7, "posture": 0.4, "squint": 0.6}
"""what differs, too, by a chance of its own: a seed's other draws stay as they are"""
_PACE_SPREAD = 0.4
"""of the brows' pace, drawn after all the others"""
_SWAYERS = (0.12, 0.75)
"""logarithm of the trunk's ratio from which a speaker is one of those who sway, and how much
further they do: between them and the others are few"""
_MOUTHS = (
    _Kind(0.50, (-0.24, -0.02), 0.03, 0.4),
    _Kind(0.28, (0.00, 0.08), 0.08, 0.5),
    _Kind(0.22, (0.08, 0.36), 0.14, 0.5),
)


@dataclass(frozen=True, slots=True)
class Temper:
    """Ratios to the average speaker, 1 each."""

    head: float = 1.0
    """all movement of the head"""
    pitch: float = 1.0
    yaw: float = 1.0
    roll: float = 1.0
    posture: float = 1.0
    """how far the head goes slowly, beside its quick movements"""
    unrest: float = 1.0
    """how much it trembles"""
    trunk: float = 1.0
    brows: float = 1.0
    brow_set: float = 0.0
    """how far the brows are lifted all the while the speaker talks; knit below 0"""
    knit: float = 1.0
    """how much they knit in passing"""
    brow_ends: float = 1.0
    """how far their outer ends go with the inner ones"""
    brow_pace: float = 1.0
    """how fast they go up and down: as far as others', in less or more time"""
    blinks: float = 1.0
    squint: float = 1.0
    """how much the lower lids move"""
    gaze: float = 1.0
    """how often and how far the eyes leave the viewer"""
    smile_set: float = 0.03
    """the smile about which the mouth stays while the speaker talks; corners that hang below 0"""
    smile_swing: float = 0.05
    """how far the slow smile comes and goes"""
    corners: float = 1.0
    """how far the mouth's corners smile with the vowels"""
    quickness: float = 1.0
    """how fast gestures come and go"""
    tempo: float = 1.0
    """how often the head moves on"""
    asymmetry: float = 1.0
    """how unlike the halves of the face move from moment to moment"""
    side: float = 0.0
    """how much more than the average the left half always moves, -1..1"""
    eye_contact: EyeContact = EyeContact()

    @classmethod
    def of(cls, style: PerformanceStyle, rng: np.random.Generator) -> Temper:
        """A character's nature: what its style says, the rest as chance makes it.

        Args:
            style: of the character.
            rng: the session's; not asked when the style brings a seed.
        """
        if style.seed is not None:
            rng = np.random.default_rng(np.random.SeedSequence((style.seed, _SEED_KEY)))
        drawn = cls.drawn(rng)
        blinks = drawn.blinks
        if style.blinks_per_min is not None:
            blinks = style.blinks_per_min / _SPEAKERS_BLINKS_PER_MIN
        return replace(
            drawn,
            head=drawn.head * style.liveliness,
            trunk=drawn.trunk * style.liveliness,
            brows=drawn.brows * style.liveliness,
            blinks=blinks,
            quickness=style.quickness,
            tempo=style.head_tempo,
            asymmetry=style.asymmetry,
            side=float(rng.normal(0.0, _SIDE_STD)) * style.asymmetry,
            eye_contact=style.eye_contact,
        )

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> Temper:
        """A speaker as chance makes them."""
        ratios: dict[str, Any] = {}
        for name, spread in _SPREAD.items():
            log = _log_ratio(name, spread, rng)
            if name in _AXES:
                log = min(log, _MOST_OF_AXIS - math.log(ratios["head"]))
            ratios[name] = math.exp(log)
        ratios["brow_set"], ratios["brows"] = _one_of(_BROWS, rng)
        ratios["smile_set"], ratios["corners"] = _one_of(_MOUTHS, rng)
        later = rng.spawn(1)[0]
        for name, spread in _LATER_SPREAD.items():
            ratios[name] = math.exp(_log_ratio(name, spread, later))
        ratios["knit"] = _KNITS[0][1] if later.random() < _KNITS[0][0] else _KNITS[1][1]
        ratios["brow_pace"] = math.exp(_log_ratio("brow_pace", _PACE_SPREAD, later))
        least, share = _SMILE_SWING
        ratios["smile_swing"] = least + share * max(ratios["smile_set"], 0.0)
        return cls(**ratios)


def _log_ratio(name: str, spread: float, rng: np.random.Generator) -> float:
    """How far a speaker is from the middle one."""
    log = float(rng.normal(_MEAN.get(name, 0.0), spread))
    if name == "trunk" and log > _SWAYERS[0]:
        log += _SWAYERS[1]
    most = _MOST.get(name, _MOST_OF_ALL)
    return min(max(log, -most), most)


def _one_of(kinds: tuple[_Kind, ...], rng: np.random.Generator) -> tuple[float, float]:
    """Where a speaker holds a part of the face, and by which ratio it moves."""
    kind = kinds[int(rng.choice(len(kinds), p=[kind.share for kind in kinds]))]
    held = float(rng.uniform(*kind.held))
    log = kind.spread * float(np.clip(rng.normal(), -2.0, 2.0))
    return held, kind.ratio * math.exp(log)


class Level:
    """How lively the speaker is just now: still and lively stretches, around 1.

    Stretches last some seconds each (log-normal, median 4.5 s), as filmed talkers' do.
    """

    def __init__(self, rng: np.random.Generator, spread: float = 0.5) -> None:
        self._rng, self._spread = rng, spread
        self._target = self._log = 0.0
        self._left_s = 0.0

    def step(self, dt_s: float) -> float:
        """Go on by one frame; returns the level."""
        self._left_s -= dt_s
        if self._left_s <= 0.0:
            self._target = float(self._rng.normal(0.0, self._spread))
            self._left_s = float(self._rng.lognormal(math.log(4.5), 0.5))
        self._log += (1.0 - math.exp(-1.6 * dt_s)) * (self._target - self._log)
        return math.exp(self._log)
