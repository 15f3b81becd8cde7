"""`vasa-avatar bench lipsync`: how well lips follow sound, against films, phones and stillness.

Without a corpus: stillness in sound without speech, agreement over sample rates and levels, lips
under each emotion beside the neutral face's, time. With a corpus (MANIFEST.csv, tracks/): opening
and width against filmed faces. With shards of held-out synthetic voices: viseme classes and
closures. No torch is needed.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soxr

from vasa_avatar.audio.log_mel import log_mel
from vasa_avatar.datatypes import ARKIT_INDEX, F32
from vasa_avatar.motion.speech.base import SpeechModel
from vasa_avatar.motion.speech.network import DELAY_BLOCKS, NetworkSpeech
from vasa_avatar.motion.speech.spectral import SpectralSpeech
from vasa_avatar.training.speech.alignment import Aligner, clip_words
from vasa_avatar.training.speech.bench_closures import (
    bench_closures,
    bench_filmed_closures,
    bench_voices,
    class_scores,
    speech_rows,
)
from vasa_avatar.training.speech.bench_moods import bench_moods
from vasa_avatar.training.speech.clips import (
    FOLDS,
    Clip,
    correlation,
    estimate_offsets,
    load_clips,
    ridge_predictions,
)
from vasa_avatar.training.speech.geometry import OPENING, WIDTH, measure
from vasa_avatar.training.speech.noise import KINDS
from vasa_avatar.training.speech.phones import class_rows

RATE_HZ = 16_000
ROWS_AHEAD = {80: 3, 160: 11}
"""rows that a baseline without a stream may look ahead, window included"""


@dataclass(frozen=True, slots=True)
class MouthScore:
    """Agreement with film, weighted by the clips' lengths."""

    opening: float
    """correlation"""
    width: float
    opening_gain: float
    """ours over theirs, standard deviations"""
    width_gain: float
    seconds: float


def mouth_measures(rows: F32) -> tuple[F32, F32]:
    """(T, 52) coefficients to opening and width, (T,) each."""

    def side_mean(name: str) -> F32:
        if name in ARKIT_INDEX:
            return rows[:, ARKIT_INDEX[name]]
        left, right = ARKIT_INDEX[name + "Left"], ARKIT_INDEX[name + "Right"]
        return 0.5 * (rows[:, left] + rows[:, right])

    by_name = {name: side_mean(name) for name in set(OPENING) | set(WIDTH)}
    return measure(by_name, OPENING), measure(by_name, WIDTH)


def loudness_jaw(pcm_16k: F32) -> F32:
    """(T,) opening of a jaw that only follows loudness."""
    level = np.log(np.exp(log_mel(pcm_16k)).mean(axis=1) + 1e-7)
    smooth = np.convolve(level, np.ones(5) / 5, "same")
    opening: F32 = np.clip(smooth - np.percentile(level, 95) + 7, 0, None).astype(np.float32)
    return opening


Measured = Callable[[Clip], tuple[F32, F32]]


def score(clips: list[Clip], measured: Measured) -> MouthScore:
    """Compare what a model does with what was filmed."""
    table = []
    for clip in clips:
        opening, width = (m[: len(clip.opening)] for m in measured(clip))
        table.append(
            (
                correlation(opening, clip.opening[: len(opening)]),
                correlation(width, clip.width[: len(width)]),
                float(opening.std() / clip.opening.std()),
                float(width.std() / clip.width.std()),
            )
        )
    seconds = np.array([len(c.opening) / 100 for c in clips])
    means = (np.array(table) * seconds[:, None]).sum(axis=0) / seconds.sum()
    return MouthScore(
        opening=float(means[0]),
        width=float(means[1]),
        opening_gain=float(means[2]),
        width_gain=float(means[3]),
        seconds=float(seconds.sum()),
    )


def _show(name: str, result: MouthScore, has_units: bool = True) -> None:
    gains = f"{result.opening_gain:5.2f} {result.width_gain:5.2f}" if has_units else "    -     -"
    print(
        f"  {name:<34} {result.opening:6.3f} {result.width:6.3f}   {gains}   "
        f"{result.seconds:5.0f} s"
    )


def _by_fold(models: list[NetworkSpeech], lookahead_ms: int) -> Measured:
    def measured(clip: Clip) -> tuple[F32, F32]:
        (index,) = [i for i, speakers in enumerate(FOLDS) if clip.speaker in speakers]
        return mouth_measures(speech_rows(models[index], clip.pcm, lookahead_ms))

    return measured


def _by_model(model: SpeechModel, lookahead_ms: int) -> Measured:
    return lambda clip: mouth_measures(speech_rows(model, clip.pcm, lookahead_ms))


def _by_ridge(clips: list[Clip], lookahead_ms: int) -> Measured:
    ahead = ROWS_AHEAD[lookahead_ms]
    opening, width = (ridge_predictions(clips, m, ahead) for m in ("opening", "width"))
    return lambda clip: (opening[clip.name], width[clip.name])


def bench_film(corpus: Path, network: NetworkSpeech, folds: list[NetworkSpeech]) -> None:
    """Correlations with filmed mouths, with and without the clips' sound offsets."""
    known = {speaker for fold in FOLDS for speaker in fold}
    for title, offsets in (
        ("sound offsets estimated from mel bands", estimate_offsets(corpus)),
        ("as the files are", {}),
    ):
        clips = load_clips(corpus, offsets)
        learned = [c for c in clips if c.may_train and c.speaker in known]
        unseen = [c for c in clips if not c.may_train]
        for group, label in ((learned, "cross-validated speakers"), (unseen, "never trained on")):
            print(f"Filmed faces, {label}; {title}")
            print(f"  {'model':<34} {'open r':>6} {'wide r':>6}   {'gain':>5} {'gain':>5}")
            for ms in DELAY_BLOCKS:
                if group is learned and folds:
                    _show(f"network, speaker kept out, {ms} ms", score(group, _by_fold(folds, ms)))
                note = ", saw these clips" if group is learned else ""
                _show(f"network {ms} ms{note}", score(group, _by_model(network, ms)))
                ridge = score(group, _by_ridge(clips, ms))
                _show(f"ridge 20 mel x 8 lags, {ms} ms", ridge, has_units=False)
                _show(f"spectral {ms} ms", score(group, _by_model(SpectralSpeech(), ms)))
            loud = score(group, lambda c: (jaw := loudness_jaw(c.pcm), 0.0 * jaw))
            _show("loudness", loud, has_units=False)


def bench_film_classes(corpus: Path, network: NetworkSpeech, folds: list[NetworkSpeech]) -> None:
    """Viseme classes on filmed speech with known words."""
    aligner, words = Aligner(), clip_words()
    right: dict[tuple[str, int], int] = {}
    total: dict[tuple[str, int], int] = {}
    for clip in load_clips(corpus):
        if clip.name not in words:
            continue
        phones = aligner.align(clip.pcm, words[clip.name])
        true = class_rows(phones, len(clip.pcm) // 160)
        spoken = np.zeros(len(true), bool)
        for phone in phones:
            spoken[int(phone.start / 160) : int(phone.end / 160)] = True
        held = [i for i, speakers in enumerate(FOLDS) if clip.speaker in speakers]
        model = folds[held[0]] if held and folds else network
        kind = "cross-validated" if held and folds else "in training" if held else "never trained"
        for ms in DELAY_BLOCKS:
            found = class_scores(model, clip.pcm, ms)[0].argmax(axis=1)[: len(true)]
            key = (kind, ms)
            right[key] = right.get(key, 0) + int((found == true)[spoken].sum())
            total[key] = total.get(key, 0) + int(spoken.sum())
    print("Viseme classes on filmed speech with known words (forced alignment, 15 classes)")
    for key in sorted(right):
        print(
            f"  {key[0]:<20} {key[1]:>3} ms  {right[key] / total[key]:.3f}  "
            f"{total[key] / 100:.0f} s"
        )


def spoken_sample() -> F32:
    """Some twelve seconds of speech from the packaged voice, at 48 kHz."""
    from hibari import Hibari

    tts = Hibari()
    text = (
        "Good morning! My name is Bob, and I would like to buy a big box of purple plums. "
        "Why do you ask? Five hundred people moved to the village above the river this week."
    )
    spoken = tts(text, seed=5).astype(np.float32)
    pcm: F32 = soxr.resample(spoken, 24_000, 48_000).astype(np.float32)
    return pcm


def bench_stillness(network: NetworkSpeech) -> None:
    """Opening in sound without speech, as a share of its range in speech."""
    speech = soxr.resample(spoken_sample(), 48_000, RATE_HZ).astype(np.float32)
    for ms in DELAY_BLOCKS:
        rng = np.random.default_rng(77)
        opening, _ = mouth_measures(speech_rows(network, speech, ms))
        span = float(np.percentile(opening, 97) - np.percentile(opening, 3))
        for name in (*KINDS, "pauses in speech"):
            if name == "pauses in speech":
                gap = np.zeros(int(0.6 * RATE_HZ), np.float32)
                whole = np.concatenate((speech, gap, speech))
                at, _ = mouth_measures(speech_rows(network, whole, ms))
                low = len(speech) // 160 + 15
                still = at[low : low + 30]
            else:
                pieces = [KINDS[name](RATE_HZ * 8, rng) * np.float32(0.3) for _ in range(8)]
                still = np.concatenate(
                    [mouth_measures(speech_rows(network, piece, ms))[0] for piece in pieces]
                )
            print(
                f"  {ms:>3} ms {name:<18} mean {np.mean(np.abs(still)) / span:.3f}  "
                f"95 % {np.percentile(np.abs(still), 95) / span:.3f}  "
                f"max {np.abs(still).max() / span:.3f}"
            )


def bench_agreement(network: NetworkSpeech) -> None:
    """The same speech at other sample rates and levels."""
    speech = spoken_sample()
    for ms in DELAY_BLOCKS:
        base = mouth_measures(
            speech_rows(network, soxr.resample(speech, 48_000, RATE_HZ).astype(np.float32), ms)
        )
        for rate in (8_000, 16_000, 24_000, 44_100, 48_000):
            sent = soxr.resample(speech, 48_000, rate)
            heard = soxr.resample(sent, rate, RATE_HZ).astype(np.float32)
            _agree(f"{ms:>3} ms {rate} Hz", base, network, heard, ms)
        for level_db in (0, -10, -20, -30):
            peak = 10 ** (level_db / 20) / np.abs(speech).max()
            heard = soxr.resample(speech * peak, 48_000, RATE_HZ).astype(np.float32)
            _agree(f"{ms:>3} ms peak {level_db} dBFS", base, network, heard, ms)


def _agree(
    name: str, base: tuple[F32, F32], network: NetworkSpeech, heard: F32, lookahead_ms: int
) -> None:
    other = mouth_measures(speech_rows(network, heard, lookahead_ms))
    n = min(len(base[0]), len(other[0]))
    opening, width = (correlation(a[:n], b[:n]) for a, b in zip(base, other, strict=True))
    print(f"  {name:<24} opening r {opening:.4f}  width r {width:.4f}")


def bench_time(network: NetworkSpeech) -> None:
    """Milliseconds of one thread per 40 ms of sound, features included."""
    speech = soxr.resample(spoken_sample(), 48_000, RATE_HZ).astype(np.float32)
    for ms in DELAY_BLOCKS:
        stream = network.stream(ms)
        taken = []
        for start in range(0, len(speech) - 640, 640):
            began_s = time.perf_counter()
            stream.push(speech[start : start + 640])
            taken.append(time.perf_counter() - began_s)
        print(
            f"  {ms:>3} ms: median {np.median(taken) * 1000:.2f} ms, 90 % "
            f"{np.percentile(taken, 90) * 1000:.2f} ms; "
            f"lookahead {stream.lookahead_samples} samples"
        )


@dataclass(frozen=True, slots=True)
class BenchOptions:
    """What to measure on; what is None is left out."""

    corpus: Path | None = None
    """folder with MANIFEST.csv and tracks/"""
    shards: Path | None = None
    """folder with shards of held-out synthetic voices (train_speech synthesize)"""
    weights: Path | None = None
    """another ONNX file than the package's"""
    folds: Path | None = None
    """folder with fold0.onnx .. of cross-validation (train_speech finetune)"""
    profile: str = "iris"
    """the character whose drawn lips are looked at"""


def main(arguments: list[str] | None = None) -> None:
    """Read the command line and print the tables."""
    parser = argparse.ArgumentParser(prog="vasa-avatar bench lipsync", description=__doc__)
    folder: dict[str, Any] = {"type": Path, "metavar": "DIR"}
    parser.add_argument("--corpus", **folder, help="filmed faces: MANIFEST.csv and tracks/")
    parser.add_argument("--shards", **folder, help="held-out voices made by train_speech")
    parser.add_argument("--folds", **folder, help="fold0.onnx .. made by train_speech finetune")
    parser.add_argument("--weights", type=Path, metavar="ONNX", help="instead of the package's")
    parser.add_argument("--profile", default="iris", metavar="ID", help="whose lips to draw (iris)")
    run(BenchOptions(**vars(parser.parse_args(arguments))))


def run(options: BenchOptions) -> None:
    """Print the tables."""
    network = NetworkSpeech(options.weights)
    folds: list[NetworkSpeech] = []
    if options.folds is not None:
        folds = [NetworkSpeech(options.folds / f"fold{i}.onnx") for i in range(len(FOLDS))]
    if options.corpus:
        bench_film(options.corpus, network, folds)
        bench_film_classes(options.corpus, network, folds)
        bench_filmed_closures(options.corpus, network, options.profile)
    if options.shards:
        bench_voices(options.shards, network)
        bench_closures(options.shards, network, options.profile)
    print("Opening in sound without speech, as a share of its range in speech")
    bench_stillness(network)
    print("Agreement with the same speech at 16 kHz, own level")
    bench_agreement(network)
    spoken = soxr.resample(spoken_sample(), 48_000, RATE_HZ).astype(np.float32)
    bench_moods(options.profile, network, spoken)
    print("Time for 40 ms of sound")
    bench_time(network)
