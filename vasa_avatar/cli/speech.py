"""What a face is to say: the sound and, where they are known, its words with their times."""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vasa_avatar.datatypes import TimedWord
from vasa_avatar.errors import AudioError

if TYPE_CHECKING:
    from vasa_avatar.audio.hibari_voice import VoiceStyle
    from vasa_avatar.media import Sound
    from vasa_avatar.profiles import CharacterProfile, EmotionSettings


@dataclass(frozen=True, slots=True)
class Speech:
    """A sound and its words."""

    sound: Sound
    words: tuple[TimedWord, ...] = ()
    """in their order; empty when nobody knows them"""
    language: str = "en"
    """of the words"""


def speak_text(
    text: str, style: VoiceStyle, seed: int = 0, emotions: EmotionSettings | None = None
) -> Speech:
    """The offline voice says a text; its words' times are estimated within each sentence.

    Tags such as `<<nod>>`, `[joy]` or `*shakes head*` are acted and not spoken; `emotions` says
    what feelings mean.
    """
    import numpy as np

    from vasa_avatar.audio import estimate_word_times
    from vasa_avatar.audio.hibari_voice import HibariVoice
    from vasa_avatar.media import Sound
    from vasa_avatar.motion import TagPlacer, strip_tags
    from vasa_avatar.profiles import EmotionSettings

    text, tags = strip_tags(text, emotions or EmotionSettings())
    placer = TagPlacer(tags)
    voice = HibariVoice(style)
    rate_hz = voice.sample_rate_hz
    pieces = list(voice.stream(text, seed=seed))
    if not pieces:
        raise AudioError(f"nothing can be spoken in {text[:60]!r}; expected English words")
    sentences = voice.sentences(text)
    if len(sentences) != len(pieces):  # some hold nothing that can be spoken
        sentences, lengths = [text], [sum(len(piece) for piece in pieces)]
    else:
        lengths = [len(piece) for piece in pieces]
    words: list[TimedWord] = []
    start_s = 0.0
    for sentence, length in zip(sentences, lengths, strict=True):
        words.extend(placer.place(estimate_word_times(sentence, length / rate_hz, start_s)))
        start_s += length / rate_hz
    words.extend(placer.rest(start_s))
    return Speech(Sound(np.concatenate(pieces), rate_hz), tuple(words))


def read_speech(arguments: argparse.Namespace, profile: CharacterProfile | None) -> Speech | None:
    """The file's sound, or the text in the character's voice (the plain one for a portrait)."""
    from vasa_avatar.audio.hibari_voice import VoiceStyle
    from vasa_avatar.media import read_audio

    if arguments.audio:
        words = read_words(arguments.words) if arguments.words else ()
        return Speech(read_audio(arguments.audio), words, arguments.language)
    if arguments.text is None:
        return None
    style = profile.voice.style() if profile else VoiceStyle()
    emotions = profile.emotions if profile else None
    return speak_text(arguments.text, style, arguments.seed, emotions)


def read_words(path: str | Path) -> tuple[TimedWord, ...]:
    """Words with their times from a JSON file.

    Args:
        path: holds a list of objects with `text`, `start_s` and `end_s`.

    Raises:
        AudioError: not such a file; says which entry is wrong.
    """
    try:
        entries = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise AudioError(f"{path} cannot be read as JSON: {problem}") from problem
    if not isinstance(entries, list):
        came = type(entries).__name__
        raise AudioError(f"{path} holds {came}; expected a list of words with their times")
    return tuple(_word(path, number, entry) for number, entry in enumerate(entries, 1))


def _word(path: str | Path, number: int, entry: Any) -> TimedWord:
    try:
        word = TimedWord(str(entry["text"]), float(entry["start_s"]), float(entry["end_s"]))
    except (KeyError, TypeError, ValueError) as problem:
        raise AudioError(
            f"word {number} of {path} is {str(entry)[:80]}; expected text, start_s and end_s"
        ) from problem
    if not 0.0 <= word.start_s <= word.end_s:
        raise AudioError(
            f"word {number} of {path} lasts from {word.start_s} to {word.end_s} s; "
            "expected 0 <= start_s <= end_s"
        )
    return word
