"""Stage directions in tags to what they mean: an act and its strength."""

from __future__ import annotations

from vasa_avatar.performance_style import ActKind

# Verbs without their s, articles and adverbs left out: "shakes her head slightly" is "shake head".
_ACTS: dict[str, ActKind] = {
    "nod": ActKind.NOD, "nod head": ActKind.NOD,
    "shake": ActKind.SHAKE, "shake head": ActKind.SHAKE, "head shake": ActKind.SHAKE,
    "tilt": ActKind.TILT, "tilt head": ActKind.TILT, "head tilt": ActKind.TILT,
    "shrug": ActKind.TILT,
    "side to side": ActKind.SIDE_TO_SIDE, "sway": ActKind.SIDE_TO_SIDE,
    "sweep": ActKind.SWEEP, "look around": ActKind.SWEEP,
    "lean in": ActKind.LEAN_IN, "lean closer": ActKind.LEAN_IN, "lean forward": ActKind.LEAN_IN,
    "raise eyebrow": ActKind.BROW_RAISE, "raise brow": ActKind.BROW_RAISE,
    "brow raise": ActKind.BROW_RAISE,
    "frown": ActKind.BROW_FROWN, "brow frown": ActKind.BROW_FROWN,
    "knit brow": ActKind.BROW_FROWN,
    "smile": ActKind.SMILE, "grin": ActKind.SMILE, "beam": ActKind.SMILE,
    "laugh": ActKind.LAUGH, "chuckle": ActKind.LAUGH, "giggle": ActKind.LAUGH,
    "concern": ActKind.CONCERN, "sigh": ActKind.CONCERN,
    "look concerned": ActKind.CONCERN, "wince": ActKind.CONCERN,
    "gaze aside": ActKind.GAZE_ASIDE, "gaze back": ActKind.GAZE_BACK,
    "look away": ActKind.GAZE_ASIDE, "look aside": ActKind.GAZE_ASIDE,
    "glance away": ActKind.GAZE_ASIDE, "think": ActKind.GAZE_ASIDE, "ponder": ActKind.GAZE_ASIDE,
    "look back": ActKind.GAZE_BACK, "look at you": ActKind.GAZE_BACK,
    "blink": ActKind.BLINK, "wink": ActKind.WINK,
}  # fmt: skip
_LITTLE = frozenset(("slightly", "softly", "gently", "briefly", "faintly", "lightly", "little"))
_FILLERS = frozenset(("a", "an", "the", "his", "her", "their", "its", "my", "one", "both"))
_PLAIN_STRENGTH, _LITTLE_STRENGTH = 0.8, 0.45


def act_named(name: str) -> tuple[ActKind, float] | None:
    """An act and its strength for a stage direction such as "shakes her head", or None."""
    words = name.lower().replace("_", " ").split()
    strength = _LITTLE_STRENGTH if _LITTLE.intersection(words) else _PLAIN_STRENGTH
    kept = [word for word in words if word not in _FILLERS and not word.endswith("ly")]
    kept = [word for word in kept if word not in _LITTLE]
    plain = " ".join(_without_s(word) for word in kept)
    kind = _ACTS.get(plain)
    return None if kind is None else (kind, strength)


def _without_s(word: str) -> str:
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word
