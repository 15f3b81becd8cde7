"""Names of feelings that models, cards and other programs use, as mixtures of our eight emotions.

The 28 labels are those of GoEmotions (Demszky et al. 2020), which SillyTavern's expressions use;
the others are words that language models write, and the deliveries that Pipecat's expressive
voices know. Strengths are for a character who shows what it feels without overdoing it; a profile
says otherwise where its character differs.
"""

from __future__ import annotations

import re

from vasa_avatar.datatypes import EMOTIONS, Emotion, Feeling

_QUICK_S, _PLAIN_S, _SLOW_S = 0.2, 0.35, 0.6
"""onsets: startles are quick, sorrow is slow"""
_ONSETS_S = {
    "surprised": _QUICK_S, "fearful": 0.25, "angry": 0.3, "disgusted": 0.3, "happy": _PLAIN_S,
    "contempt": 0.45, "sad": _SLOW_S, "neutral": 0.5,
}  # fmt: skip
_DECAYS_S = {
    "surprised": 0.8, "fearful": 1.2, "angry": 1.8, "disgusted": 1.2, "happy": 1.6,
    "contempt": 1.2, "sad": 2.6, "neutral": 1.0,
}  # fmt: skip
_HOLDS_S = {"surprised": 1.4}
"""surprise turns into something else; the others last as long as what is said"""

_MIXTURES: dict[str, dict[str, float]] = {
    # GoEmotions
    "admiration": {"happy": 0.55, "surprised": 0.25},
    "amusement": {"happy": 0.8},
    "anger": {"angry": 0.9},
    "annoyance": {"angry": 0.5, "disgusted": 0.1},
    "approval": {"happy": 0.4},
    "caring": {"happy": 0.4, "sad": 0.15},
    "confusion": {"surprised": 0.3, "angry": 0.2},
    "curiosity": {"surprised": 0.4, "happy": 0.15},
    "desire": {"happy": 0.45},
    "disappointment": {"sad": 0.6},
    "disapproval": {"contempt": 0.5, "angry": 0.2},
    "disgust": {"disgusted": 0.85},
    "embarrassment": {"happy": 0.3, "fearful": 0.2, "sad": 0.15},
    "excitement": {"happy": 0.75, "surprised": 0.25},
    "fear": {"fearful": 0.85},
    "gratitude": {"happy": 0.65},
    "grief": {"sad": 1.0},
    "joy": {"happy": 0.9},
    "love": {"happy": 0.7},
    "nervousness": {"fearful": 0.5},
    "optimism": {"happy": 0.5},
    "pride": {"happy": 0.5, "contempt": 0.15},
    "realization": {"surprised": 0.5},
    "relief": {"happy": 0.45, "sad": 0.1},
    "remorse": {"sad": 0.7},
    "sadness": {"sad": 0.8},
    "surprise": {"surprised": 0.85},
    # other words that models write
    "calm": {"neutral": 1.0}, "normal": {"neutral": 1.0}, "relaxed": {"happy": 0.15},
    "serious": {"angry": 0.15}, "content": {"happy": 0.4}, "smile": {"happy": 0.6},
    "smiling": {"happy": 0.6}, "joyful": {"happy": 0.9}, "cheerful": {"happy": 0.75},
    "excited": {"happy": 0.75, "surprised": 0.25}, "happiness": {"happy": 0.85},
    "amused": {"happy": 0.7}, "delighted": {"happy": 0.9, "surprised": 0.1},
    "friendly": {"happy": 0.45}, "warm": {"happy": 0.5}, "pleased": {"happy": 0.55},
    "grateful": {"happy": 0.65}, "optimistic": {"happy": 0.5}, "playful": {"happy": 0.65},
    "proud": {"happy": 0.5, "contempt": 0.15}, "enthusiastic": {"happy": 0.8},
    "hopeful": {"happy": 0.4, "surprised": 0.15}, "affectionate": {"happy": 0.6},
    "encouraging": {"happy": 0.55}, "reassuring": {"happy": 0.4},
    "sorrow": {"sad": 0.85}, "sorrowful": {"sad": 0.85}, "melancholy": {"sad": 0.55},
    "disappointed": {"sad": 0.6}, "apologetic": {"sad": 0.5}, "sympathetic": {"sad": 0.45},
    "empathetic": {"sad": 0.4}, "compassionate": {"sad": 0.4}, "concerned": {"sad": 0.45},
    "lonely": {"sad": 0.65}, "regretful": {"sad": 0.65}, "crying": {"sad": 1.0},
    "annoyed": {"angry": 0.5, "disgusted": 0.1}, "furious": {"angry": 1.0},
    "mad": {"angry": 0.85}, "frustrated": {"angry": 0.55, "sad": 0.15},
    "irritated": {"angry": 0.5}, "stern": {"angry": 0.35}, "firm": {"angry": 0.25},
    "determined": {"angry": 0.25, "happy": 0.1},
    "amazed": {"surprised": 0.8, "happy": 0.15}, "astonished": {"surprised": 1.0},
    "shocked": {"surprised": 0.85, "fearful": 0.15}, "curious": {"surprised": 0.4, "happy": 0.15},
    "confused": {"surprised": 0.3, "angry": 0.2}, "puzzled": {"surprised": 0.3, "angry": 0.2},
    "intrigued": {"surprised": 0.4, "happy": 0.1}, "thoughtful": {"angry": 0.12, "sad": 0.1},
    "afraid": {"fearful": 0.8}, "scared": {"fearful": 0.9}, "nervous": {"fearful": 0.5},
    "anxious": {"fearful": 0.55}, "worried": {"fearful": 0.4, "sad": 0.2},
    "terrified": {"fearful": 1.0}, "panicked": {"fearful": 1.0},
    "shy": {"happy": 0.3, "fearful": 0.2}, "embarrassed": {"happy": 0.3, "fearful": 0.25},
    "contemptuous": {"contempt": 0.9}, "sarcastic": {"contempt": 0.6, "happy": 0.1},
    "skeptical": {"contempt": 0.5}, "smug": {"contempt": 0.55, "happy": 0.25},
    "smirk": {"contempt": 0.5, "happy": 0.25}, "bored": {"contempt": 0.25, "sad": 0.2},
    "disgruntled": {"disgusted": 0.35, "angry": 0.3}, "tired": {"sad": 0.3},
}  # fmt: skip
_MIXTURES.update({name: {name: 1.0} for name in EMOTIONS})

# Words of the table that people also put into plain brackets as an aside.
ASIDES = frozenset(
    (
        "calm normal relaxed serious love warm friendly mad pride optimism fear joy anger grief "
        "curious happiness sadness sorrow disgust disapproval gratitude excitement realization "
        "lonely admiration amusement annoyance approval caring confusion curiosity desire "
        "disappointment embarrassment nervousness relief remorse content smile firm stern tired "
        "bored shy confused hopeful thoughtful determined playful crying smiling worried"
    ).split()
)


def label_key(name: str) -> str:
    """How a label is looked up: small letters, words joined by one space."""
    return re.sub(r"[\s_-]+", " ", name).strip().lower()


def common_labels() -> tuple[str, ...]:
    """Every label that is known without a profile."""
    return tuple(_MIXTURES)


def common_feeling(name: str) -> Feeling | None:
    """What a common label means; None for an unknown one."""
    mixture = _MIXTURES.get(label_key(name))
    return None if mixture is None else feeling_of(mixture)


def feeling_of(mixture: dict[str, float]) -> Feeling:
    """A mixture with the time course of its strongest part."""
    strongest = max(mixture, key=lambda name: mixture[name])
    return Feeling(
        tuple(Emotion(name, strength) for name, strength in mixture.items()),
        onset_s=_ONSETS_S[strongest],
        hold_s=_HOLDS_S.get(strongest),
        decay_s=_DECAYS_S[strongest],
    )
