"""Train the speech-to-mouth network: `python -m vasa_avatar.training.speech.train_speech --help`.

Steps, each resumable: `synthesize` (phone-timed TTS speech), `quick` (much more of it as log-mel
rows), `boundaries` (when its phones really begin), `pretrain` (phones and articulation on it),
`finetune` (filmed mouths beside it, for each held-out group of speakers and for all), `export`.
"""

from __future__ import annotations

import argparse
import logging
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from vasa_avatar.motion.speech.network import QUIET_ROW
from vasa_avatar.training.speech.augment import AugmentStrength, telephone
from vasa_avatar.training.speech.boundaries import FILE_NAME, load_boundaries
from vasa_avatar.training.speech.boundary_fit import fit_boundaries, told_speech
from vasa_avatar.training.speech.clips import FOLDS, estimate_offsets, load_audio2face, load_clips
from vasa_avatar.training.speech.export import export
from vasa_avatar.training.speech.finetune import (
    Filmed,
    filmed_batch,
    filmed_loss,
    prepare_clips,
)
from vasa_avatar.training.speech.losses import (
    N_TELEPHONE,
    lesson_loss,
    synthetic_loss,
    telephone_loss,
)
from vasa_avatar.training.speech.model import SpeechNet, aligned
from vasa_avatar.training.speech.phones import CLASSES
from vasa_avatar.training.speech.pool import (
    USUAL_STRENGTH,
    SpeechPool,
    Spoken,
    prepare,
    shards_of,
)
from vasa_avatar.training.speech.quick import synthesize_quick, trace_kokoro
from vasa_avatar.training.speech.shortcut import fit_shortcut, pair_bank
from vasa_avatar.training.speech.synthesis import (
    HELD_OUT_LANGUAGES,
    read_shard,
    synthesize_hibari,
    synthesize_kokoro,
)
from vasa_avatar.training.speech.trainer import FALL, Trainer

log = logging.getLogger(__name__)
CROP_ROWS = 400
LATE_STRENGTH = AugmentStrength(noise=0.4, room=0.3, line=0.25, mask=0.15)
"""while it falls, and beside film"""
N_SPOKEN, N_FILMED = 16, 6
"""synthetic and filmed crops in a batch of fine-tuning"""
STILL_BESIDE_FILM = 0.22
"""share of synthetic crops beside film that are sound without speech"""


def class_accuracy(net: SpeechNet, spoken: list[Spoken]) -> dict[int, float]:
    """Share of rows whose viseme class is right, per lookahead; clean, unwarped sound."""
    net.eval()
    right = {80: 0, 160: 0}
    total = {80: 0, 160: 0}
    with torch.no_grad():
        for item in spoken:
            middle = item.log_mel[len(item.log_mel) // 2].astype(np.float32)
            padded = np.concatenate((middle, np.full((12 + len(middle) % 2, 40), QUIET_ROW)))
            outputs = net(torch.from_numpy(padded.astype(np.float32))[None])
            for ms in right:
                rows, _ = aligned(outputs, ms)
                found = rows[0, : len(middle), : len(CLASSES)].argmax(1).numpy()
                right[ms] += int((found == item.classes).sum())
                total[ms] += len(middle)
    return {ms: right[ms] / max(total[ms], 1) for ms in right}


def held_out_report(net: SpeechNet, folder: Path) -> str:
    """Accuracy on the voices and the languages that training never hears, by moved times."""
    boundaries = load_boundaries(folder)
    spoken = [
        prepare(u, boundaries, (1.0,))
        for path in shards_of(folder, "heldout")
        for u in read_shard(path)
    ]
    parts = []
    for language in sorted({s.language for s in spoken}):
        found = class_accuracy(net, [s for s in spoken if s.language == language])
        mark = "*" if language in HELD_OUT_LANGUAGES else ""
        parts.append(f"{language}{mark} {found[80]:.3f}/{found[160]:.3f}")
    return " ".join(parts)


def pretrain(data: Path, checkpoint: Path, steps: int, batch: int, seed: int) -> None:
    """Learn phones and articulation from synthetic speech."""
    pool = SpeechPool(data, seed)
    log.info("minutes: %s", pool.minutes())
    trainer = Trainer(checkpoint, 2e-3, steps)
    began_s = time.monotonic()
    sums: dict[str, float] = {}
    while trainer.step < steps:
        rng = np.random.default_rng([seed, trainer.step])
        strength = USUAL_STRENGTH if trainer.step < FALL * steps else LATE_STRENGTH
        crops = [pool.crop(CROP_ROWS, rng, strength) for _ in range(batch)]
        trainer.net.train()
        with torch.autocast("cpu", torch.bfloat16):
            outputs = trainer.net(torch.from_numpy(np.stack([c.log_mel for c in crops])))
        loss, figures = synthetic_loss(
            outputs,
            torch.from_numpy(np.stack([c.classes for c in crops]).astype(np.int64)),
            torch.from_numpy(np.stack([c.activities for c in crops])),
        )
        trainer.update(loss)
        for name, value in figures.items():
            sums[name] = sums.get(name, 0.0) + value / 100
        if trainer.step % 100 == 0:
            shown = " ".join(f"{k} {v:.3f}" for k, v in sums.items())
            log.info("step %d %.0f s %s", trainer.step, time.monotonic() - began_s, shown)
            sums = {}
        if trainer.step % 500 == 0:
            trainer.save()
            pool.refresh()
            log.info("held out: %s; %s", held_out_report(trainer.average, data), pool.minutes())
    trainer.save()


class FilmFitter:
    """Fits a pretrained network to filmed mouths, with synthetic speech beside them.

    Args:
        data: folder of TTS shards.
        corpus: folder with MANIFEST.csv, tracks/ and audio2face/.
        seed: of everything that is drawn.
    """

    def __init__(self, data: Path, corpus: Path, seed: int) -> None:
        clips = [c for c in load_clips(corpus, estimate_offsets(corpus)) if c.may_train]
        self._filmed = prepare_clips(clips + load_audio2face(corpus))
        self._pool = SpeechPool(data, seed, share=0.4)
        self._teacher = SpeechNet().eval()
        self._seed = seed

    def fit(self, start: Path, checkpoint: Path, fold: int, steps: int) -> None:
        """Train; `fold` 0 to 3 keeps those speakers of FOLDS out, 4 keeps nobody out."""
        kept_out = FOLDS[fold] if fold < len(FOLDS) else ()
        filmed = [f for f in self._filmed if f.speaker not in kept_out]
        log.info("fold %d: %s", fold, " ".join(f.name for f in filmed))
        trainer = Trainer(checkpoint, 6e-4, steps)
        before_film = torch.load(start, weights_only=True)["average"]
        if trainer.step == 0:
            trainer.net.load_state_dict(before_film)
            trainer.average.load_state_dict(before_film)
        # What the voices taught is kept by saying of them what the network said before film.
        self._teacher.load_state_dict(before_film)
        sums: dict[str, float] = {}
        while trainer.step < steps:
            rng = np.random.default_rng([self._seed, fold, trainer.step])
            loss, figures = self._loss(trainer.net, filmed, rng)
            trainer.update(loss)
            for name, value in figures.items():
                sums[name] = sums.get(name, 0.0) + value / 50
            if trainer.step % 50 == 0:
                shown = " ".join(f"{k} {v:.3f}" for k, v in sums.items())
                log.info("step %d %s", trainer.step, shown)
                sums = {}
                trainer.save()
        trainer.save()

    def _loss(
        self, net: SpeechNet, filmed: list[Filmed], rng: np.random.Generator
    ) -> tuple[Tensor, dict[str, float]]:
        crops = [
            self._pool.crop(CROP_ROWS, rng, LATE_STRENGTH, STILL_BESIDE_FILM)
            for _ in range(N_SPOKEN - N_TELEPHONE)
        ]
        crops += [replace(c, log_mel=telephone(c.log_mel, rng)) for c in crops[:N_TELEPHONE]]
        noise = [self._pool.noise(CROP_ROWS, rng) for _ in range(N_FILMED)]
        mel, mouth, classes, mask = filmed_batch(filmed, noise, CROP_ROWS, rng)
        net.train()
        spoken = torch.from_numpy(np.stack([c.log_mel for c in crops]))
        with torch.autocast("cpu", torch.bfloat16):
            outputs = net(torch.cat((spoken, mel)))
        of_spoken = {ms: o[:N_SPOKEN] for ms, o in outputs.items()}
        loss, figures = synthetic_loss(
            of_spoken,
            torch.from_numpy(np.stack([c.classes for c in crops]).astype(np.int64)),
            torch.from_numpy(np.stack([c.activities for c in crops])),
        )
        film, more = filmed_loss(
            {ms: o[N_SPOKEN:] for ms, o in outputs.items()}, mouth, classes, mask
        )
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            taught = self._teacher(spoken)
        agreement, most = telephone_loss(of_spoken)
        loss = loss + lesson_loss(of_spoken, taught) + film + agreement
        return loss, figures | more | most


def export_weights(checkpoint: Path, out: Path) -> None:
    """Write the moving average of a checkpoint as ONNX."""
    net = SpeechNet()
    net.load_state_dict(torch.load(checkpoint, weights_only=True)["average"])
    log.info("%s: %d bytes", out, export(net, out))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="train_speech", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of TTS shards")
    parser.add_argument("--seed", type=int, default=1)
    commands = parser.add_subparsers(dest="command", required=True)
    synthesize = commands.add_parser("synthesize", help="make phone-timed speech")
    synthesize.add_argument("--hibari-minutes", type=float, default=60)
    synthesize.add_argument("--kokoro-minutes", type=float, default=120)
    synthesize.add_argument(
        "--kokoro", type=Path, help="folder with kokoro-quantized.onnx and voices/"
    )
    quick = commands.add_parser("quick", help="make many hours of it without the vocoder")
    quick.add_argument("--kokoro", type=Path, required=True, help="as for synthesize")
    quick.add_argument("--pairs", type=Path, required=True, help="folder for what it learns from")
    quick.add_argument("--pair-minutes", type=float, default=28)
    quick.add_argument("--steps", type=int, default=1000, help="of learning the shortcut")
    quick.add_argument("--minutes", type=float, default=300)
    bounds = commands.add_parser("boundaries", help="learn to move phone times to the sound")
    bounds.add_argument("--steps", type=int, default=1500)
    pre = commands.add_parser("pretrain", help="learn phones and articulation from it")
    pre.add_argument("--checkpoint", type=Path, required=True)
    pre.add_argument("--steps", type=int, default=10_000)
    pre.add_argument("--batch", type=int, default=16)
    fine = commands.add_parser("finetune", help="fit to filmed mouths")
    fine.add_argument("--corpus", type=Path, required=True)
    fine.add_argument("--start", type=Path, required=True, help="checkpoint of pretrain")
    fine.add_argument("--out", type=Path, required=True, help="folder for fold0.pt ..")
    fine.add_argument(
        "--folds", type=int, nargs="+", default=[len(FOLDS)], choices=range(len(FOLDS) + 1),
        help=f"groups of speakers to keep out; {len(FOLDS)} keeps nobody out",
    )  # fmt: skip
    fine.add_argument("--steps", type=int, default=250)
    out = commands.add_parser("export", help="write the ONNX file")
    out.add_argument("--checkpoint", type=Path, required=True)
    out.add_argument("--out", type=Path, required=True)
    return parser


def main(arguments: list[str] | None = None) -> None:
    """Run one step of the training."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    options.data.mkdir(parents=True, exist_ok=True)
    if options.command == "synthesize":
        synthesize_hibari(options.data, options.hibari_minutes, options.seed)
        if options.kokoro:
            synthesize_kokoro(options.data, options.kokoro, 8, options.seed, True)
            synthesize_kokoro(
                options.data, options.kokoro, options.kokoro_minutes, options.seed, False
            )
    elif options.command == "quick":
        options.pairs.mkdir(parents=True, exist_ok=True)
        bank = pair_bank(
            trace_kokoro(
                options.pairs, options.data, options.kokoro, options.pair_minutes, options.seed
            )
        )
        shortcut = fit_shortcut(bank, options.pairs / "shortcut.pt", options.steps, options.seed)
        synthesize_quick(options.data, options.kokoro, shortcut, options.minutes, options.seed)
    elif options.command == "boundaries":
        spoken = told_speech(options.data, options.seed)
        fit_boundaries(spoken, options.steps, options.seed).save(options.data / FILE_NAME)
    elif options.command == "finetune":
        fitter = FilmFitter(options.data, options.corpus, options.seed)
        options.out.mkdir(parents=True, exist_ok=True)
        for fold in options.folds:
            made = options.out / f"fold{fold}.pt"
            fitter.fit(options.start, made, fold, options.steps)
            export_weights(made, made.with_suffix(".onnx"))
    elif options.command == "export":
        export_weights(options.checkpoint, options.out)
    else:
        pretrain(options.data, options.checkpoint, options.steps, options.batch, options.seed)


if __name__ == "__main__":
    main()
