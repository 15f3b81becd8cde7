"""Many hours of phone-timed log-mel rows by Kokoro and the shortcut (see speech_shortcut).

Any permitted voice, or a blend, says text of any trained language, words like that language's,
or made-up ones. A shard is an .npz with `rows` (5 vocal tracts, all utterances in a row, 40),
`row_counts`, and `phones`, `phone_counts`, `durations`, `voice`, `language` as in
speech_synthesis.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vasa_avatar.datatypes import F32
from vasa_avatar.training.speech.babble import WordChain, babble
from vasa_avatar.training.speech.phones import TimedPhone, time_phones
from vasa_avatar.training.speech.shortcut import WARPS, Shortcut, sound_level, sounded_rows
from vasa_avatar.training.speech.synthesis import (
    HELD_OUT_LANGUAGES,
    HELD_OUT_VOICES,
    LANGUAGES,
    UNIT_SAMPLES,
    KokoroVoices,
    Utterance,
    as_utterance,
    label_arrays,
    read_labels,
    write_shard,
)
from vasa_avatar.training.speech.text import make_text
from vasa_avatar.training.speech.tracing import (
    AUDIO_NODE,
    DURATION_NODE,
    HIDDEN_NODE,
    PITCH_NODE,
    SpokenFeatures,
    TracedSpeech,
    pruned_session,
    read_pairs,
    write_pairs,
)

log = logging.getLogger(__name__)
MAX_PHONES = 220
Rng = np.random.Generator


@dataclass(frozen=True, slots=True, eq=False)
class QuickUtterance:
    """One piece of speech as rows."""

    log_mel: np.ndarray[Any, Any]
    """(5, T, 40) float16, for vocal tracts of WARPS"""
    phones: str
    durations: np.ndarray[Any, np.dtype[np.int32]]
    voice: str
    language: str

    def timed_phones(self) -> list[TimedPhone]:
        """Phones with their times, as speech_phones.timed_phones gives for sound."""
        levels = sound_level(self.log_mel[len(WARPS) // 2].astype(np.float32))

        def between(start: float, end: float) -> F32:
            return levels[int(start) // 160 : max(int(end) // 160, int(start) // 160)]

        threshold = 0.03 * 1.5 * float(np.percentile(levels, 95)) + 8
        samples = int(self.durations.sum()) * UNIT_SAMPLES
        return time_phones(self.phones, self.durations, samples, between, threshold)


class QuickKokoro:
    """Kokoro up to its generator, the shortcut behind it.

    Args:
        folder: as for KokoroVoices.
        shortcut: trained by speech_shortcut.fit_shortcut.
    """

    def __init__(self, folder: Path, shortcut: Shortcut) -> None:
        self.tts = KokoroVoices(folder)
        self._net = shortcut.eval()
        self._front = pruned_session(
            folder / "kokoro-quantized.onnx", (HIDDEN_NODE, PITCH_NODE, DURATION_NODE)
        )
        self.voices = trained_voices(self.tts)
        self._mean = np.mean([self.tts.voices[v] for v in self.voices], axis=0)

    def style(self, voice: str, rng: Rng) -> F32:
        """(510, 256) a voice as it is, or with others; sound and prosody are blended apart."""
        own = self.tts.voices[voice]
        if rng.random() < 0.3:
            return own
        out = np.empty_like(own)
        for half in (slice(0, 128), slice(128, 256)):
            shares = rng.dirichlet(np.array([1.6, 0.7, 0.4]))
            others = [self.tts.voices[str(v)] for v in rng.choice(self.voices, 2, replace=False)]
            out[:, half] = sum(
                share * style[:, half] for share, style in zip(shares, [own, *others], strict=True)
            )
        push = float(rng.uniform(1.0, 1.3)) if rng.random() < 0.5 else 1.0
        styled: F32 = (self._mean + push * (out - self._mean)).astype(np.float32)
        return styled

    def speak(self, phones: str, voice: str, language: str, rng: Rng) -> QuickUtterance | None:
        """One utterance, or None where nothing in the phones can be said."""
        known = "".join(c for c in phones if c in self.tts.vocab)[:MAX_PHONES]
        if len(known) < 3:
            return None
        style = self.style(voice, rng)[len(known) - 1]
        speed = float(np.exp(rng.normal(0.05, 0.2)))
        hidden, pitch, units = self._front.run(
            [HIDDEN_NODE, PITCH_NODE, DURATION_NODE], _inputs(self.tts, known, style, speed)
        )
        features = SpokenFeatures(hidden[0], np.asarray(pitch, np.float32).ravel(), style)
        rows = sounded_rows(self._net, features, rng)
        durations = np.rint(np.asarray(units).ravel()).astype(np.int32)
        return QuickUtterance(rows.astype(np.float16), f" {known} ", durations, voice, language)


class QuickText:
    """What is said: texts, words like a language's, or made-up ones, as phones.

    Args:
        tts: gives the phones of text.
        rng: source of the texts that the words are modelled on.
    """

    def __init__(self, tts: KokoroVoices, rng: Rng) -> None:
        self._tts = tts
        self._lexicon = tts.lexicon()
        self._speaker = {v[0]: v for v in reversed(trained_voices(tts))}
        self._chains = {
            letter: WordChain([self._spoken(voice, rng) for _ in range(150)])
            for letter, voice in self._speaker.items()
        }

    def _spoken(self, voice: str, rng: Rng) -> str:
        language = LANGUAGES[voice[0]][0]
        text = make_text(language, rng, self._lexicon if language == "en" else ())
        return self._tts.phonemize(text, voice)

    def draw(self, voice: str, rng: Rng) -> tuple[str, str]:
        """Phones for a voice, half of the time in its own language, and which ("xx": none)."""
        letter = voice[0] if rng.random() < 0.5 else str(rng.choice(list(self._speaker)))
        language = LANGUAGES[letter][0]
        kind = rng.random()
        if kind < 0.2:
            return babble(None, rng), "xx"
        if kind < 0.55:
            return babble(self._chains[letter], rng), language
        return self._spoken(self._speaker[letter], rng), language


def trace_kokoro(
    folder: Path, shards: Path, kokoro_folder: Path, minutes: float, seed: int
) -> list[TracedSpeech]:
    """Speak in full and keep what the sound was made from; two minutes a file, resumes.

    The sound with its phones also becomes a shard of its own in `shards`, to be learned from.
    """
    tts = KokoroVoices(kokoro_folder)
    lexicon = tts.lexicon()
    nodes = (AUDIO_NODE, HIDDEN_NODE, PITCH_NODE, DURATION_NODE)
    session = pruned_session(kokoro_folder / "kokoro-quantized.onnx", nodes)
    voices = trained_voices(tts)
    traced: list[TracedSpeech] = []
    for index in range(int(np.ceil(minutes / 2))):
        path = folder / f"pair_{seed:03d}_{index:03d}.npz"
        rng = np.random.default_rng([seed, index, 9])
        made: list[TracedSpeech] = []
        spoken: list[Utterance] = []
        samples = 0
        while not path.exists() and samples < 120 * 16_000:
            voice = str(rng.choice(voices))
            language = LANGUAGES[voice[0]][0]
            text = make_text(language, rng, lexicon if language == "en" else ())
            known = "".join(c for c in tts.phonemize(text, voice) if c in tts.vocab)[:MAX_PHONES]
            if len(known) < 3:
                continue
            style = tts.mixed_style(voice, rng)[len(known) - 1]
            speed = float(np.exp(rng.normal(0.05, 0.15)))
            audio, hidden, pitch, units = session.run(nodes, _inputs(tts, known, style, speed))
            features = SpokenFeatures(hidden[0], np.asarray(pitch, np.float32).ravel(), style)
            spoken.append(as_utterance(audio.ravel(), f" {known} ", units, voice, language))
            made.append(TracedSpeech(features, spoken[-1].pcm_i16))
            samples += len(made[-1].pcm_i16)
        if made:
            write_shard(shards / f"kokoro_{seed:03d}_pair{index:03d}.npz", spoken)
            write_pairs(path, made)
            log.info("%s: %.1f min", path.name, samples / 16_000 / 60)
        traced += read_pairs(path)
    return traced


def trained_voices(tts: KokoroVoices) -> list[str]:
    """Those that are not held out."""
    return [
        v
        for v in tts.voices
        if v not in HELD_OUT_VOICES and LANGUAGES[v[0]][0] not in HELD_OUT_LANGUAGES
    ]


def _inputs(tts: KokoroVoices, phones: str, style: F32, speed: float) -> dict[str, Any]:
    ids = [tts.vocab[c] for c in phones]
    return {
        "input_ids": np.asarray([[0, *ids, 0]], np.int64),
        "style": style[None],
        "speed": np.asarray([speed], np.float32),
    }


def write_quick(path: Path, utterances: list[QuickUtterance]) -> None:
    """Write utterances to one file (first under a temporary name)."""
    temporary = path.with_suffix(".part.npz")
    np.savez(
        temporary,
        rows=np.concatenate([u.log_mel for u in utterances], axis=1),
        row_counts=np.array([u.log_mel.shape[1] for u in utterances], np.int64),
        **label_arrays(utterances),
    )
    temporary.rename(path)


def read_quick(path: Path) -> list[QuickUtterance]:
    """The utterances of one file."""
    with np.load(path) as data:
        rows = np.split(data["rows"], np.cumsum(data["row_counts"])[:-1], axis=1)
        labels = read_labels(data)
    return [
        QuickUtterance(np.ascontiguousarray(r), *label)
        for r, label in zip(rows, labels, strict=True)
    ]


def synthesize_quick(
    folder: Path, kokoro_folder: Path, shortcut: Shortcut, minutes: float, seed: int
) -> None:
    """Fill `folder` with shards of ten minutes; resumes."""
    quick = QuickKokoro(kokoro_folder, shortcut)
    text = QuickText(quick.tts, np.random.default_rng([seed, 10**6]))
    for index in range(int(np.ceil(minutes / 10))):
        path = folder / f"quick_{seed:03d}_{index:03d}.npz"
        if path.exists():
            continue
        rng = np.random.default_rng([seed, index, 7])
        made: list[QuickUtterance] = []
        rows = 0
        order = list(rng.permutation(quick.voices))
        while rows < 10 * 6000:
            voice = str(order.pop() if order else rng.choice(quick.voices))
            phones, language = text.draw(voice, rng)
            utterance = quick.speak(phones, voice, language, rng)
            if utterance is not None:
                made.append(utterance)
                rows += utterance.log_mel.shape[1]
        write_quick(path, made)
        log.info("%s: %.1f min", path.name, rows / 6000)
