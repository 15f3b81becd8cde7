"""Train the baseline on a set of `vasa-avatar dataset` and filmed people, and measure it.

    vasa-avatar dataset --out faces --clips 8 --size 256
    python -m vasa_avatar.training.detection.train_detector --synthetic faces --filmed CORPUS

CORPUS holds `clips/` and `MANIFEST.csv` with columns name, speech, source: only clips with speech
are taken, and all of one source count as one identity, for people come back within one. A third of
the identities, filmed and synthetic, is held out; the figures are theirs. The mark plays no part.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vasa_avatar.appearance.reading import FaceLandmarker
from vasa_avatar.errors import VasaError
from vasa_avatar.nets import ModelStore
from vasa_avatar.training.detection.clues import (
    LIP_CLUES,
    STILL_CLUES,
    clue_names,
    film_clues,
)
from vasa_avatar.training.detection.logistic import F64, Detector, area, fit

TEST_SHARE = 1 / 3
FILMED = "filmed"


@dataclass(frozen=True, slots=True)
class FilmEntry:
    """A film that is to be looked at."""

    path: Path
    identity: str
    kind: str
    is_test: bool


@dataclass(frozen=True, slots=True, eq=False)
class FilmClues:
    """One film with its answer."""

    name: str
    identity: str
    """films of one identity never stand on both sides of a split"""
    kind: str
    """filmed; or what moves in a synthetic film: all, lips, head, gaze"""
    is_test: bool
    rows: F64
    """(W, C)"""


def synthetic_films(folder: Path) -> Iterator[FilmEntry]:
    """The clips of a set, split as its manifest says."""
    with (folder / "manifest.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            is_test = row["split"] == "test"
            yield FilmEntry(folder / row["clip"], row["character"], row["part"], is_test)


def filmed(corpus: Path) -> Iterator[FilmEntry]:
    """The clips of a corpus in which somebody speaks, split by their sources."""
    with (corpus / "MANIFEST.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["speech"] == "1"]
    sources = {row["source"].partition(":")[0] for row in rows}
    ordered = sorted(sources, key=lambda name: hashlib.sha256(name.encode()).digest())
    tests = set(ordered[: round(len(ordered) * TEST_SHARE)])
    for row in rows:
        source = row["source"].partition(":")[0]
        for path in sorted((corpus / "clips").glob(f"{row['name']}.*")):
            yield FilmEntry(path, source, FILMED, source in tests)


def read_films(entries: Iterator[FilmEntry], most_s: float, keep: Path) -> Iterator[FilmClues]:
    """Clues of all that can be read; what was read before is taken from `keep`."""
    landmarker = FaceLandmarker(ModelStore().path("face_landmarker"))
    keep.mkdir(parents=True, exist_ok=True)
    for entry in entries:
        kept = keep / f"{entry.identity.replace('/', '_')}_{entry.path.stem}.npy"
        try:
            if not kept.exists():
                np.save(kept, film_clues(entry.path, most_s, landmarker))
        except (VasaError, ValueError) as problem:
            print(f"left out: {problem}", flush=True)
            continue
        rows = np.load(kept)
        yield FilmClues(entry.path.stem, entry.identity, entry.kind, entry.is_test, rows)


def train(films: list[FilmClues], columns: list[int], ridge: float) -> Detector:
    """A detector from films, of which each counts the same, and each side as much as the other."""
    rows = np.concatenate([film.rows[:, columns] for film in films])
    labels = np.concatenate([np.full(len(film.rows), _answer(film)) for film in films])
    sides = {answer: sum(_answer(film) == answer for film in films) for answer in (0.0, 1.0)}
    weights = np.concatenate(
        [np.full(len(f.rows), 1.0 / (len(f.rows) * sides[_answer(f)])) for f in films]
    )
    names = clue_names()
    return fit(rows, labels, weights, [names[i] for i in columns], ridge)


def figures(detector: Detector, films: list[FilmClues], columns: list[int]) -> dict[str, Any]:
    """How well films are told apart: by windows of 2 s, and each as a whole."""
    logits = [detector.logits(film.rows[:, columns]) for film in films]
    answers = np.array([_answer(film) for film in films])
    of_windows: F64 = np.concatenate(
        [np.full(len(s), a) for s, a in zip(logits, answers, strict=True)]
    )
    whole = np.array([float(score.mean()) for score in logits])
    by_kind = {
        kind: _share([w for w, f in zip(whole, films, strict=True) if f.kind == kind], kind)
        for kind in sorted({film.kind for film in films})
    }
    return {
        "films": len(films), "windows": len(of_windows),
        "area_windows": round(area(np.concatenate(logits), of_windows), 3),
        "area_films": round(area(whole, answers), 3),
        "right_films": by_kind,
    }  # fmt: skip


def _share(scores: list[float], kind: str) -> str:
    right = sum((score > 0) == (kind != FILMED) for score in scores)
    return f"{right} of {len(scores)}"


def _answer(film: FilmClues) -> float:
    return float(film.kind != FILMED)


def main() -> None:
    """Parse the command line, read, train, tell."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--synthetic", type=Path, required=True)
    parser.add_argument("--filmed", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each film")
    parser.add_argument("--ridge", type=float, default=30.0)
    parser.add_argument("--keep", type=Path, default=Path("detector_clues"))
    parser.add_argument("--out", type=Path, help="keep the detector there, as JSON")
    options = parser.parse_args()
    entries = [*synthetic_films(options.synthetic), *filmed(options.filmed)]
    films = list(read_films(iter(entries), options.seconds, options.keep))
    names = clue_names()
    still, lips = ([names.index(name) for name in part] for part in (STILL_CLUES, LIP_CLUES))
    motion = [i for i in range(len(names)) if i not in still + lips]
    sets = {
        "all clues": [*motion, *lips, *still], "motion and lips": [*motion, *lips],
        "lips and sound": lips, "stillness": still,
    }  # fmt: skip
    tests = [film for film in films if film.is_test]
    for name, columns in sets.items():
        detector = train([film for film in films if not film.is_test], columns, options.ridge)
        print(json.dumps({"clues": name, **figures(detector, tests, columns)}), flush=True)
        if name == "all clues":
            order = np.argsort(-np.abs(detector.weights[:-1]))[:8]
            print(json.dumps({detector.names[i]: round(detector.weights[i], 2) for i in order}))
            if options.out:
                detector.save(options.out)


if __name__ == "__main__":
    main()
