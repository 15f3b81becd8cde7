"""Train the baseline on a set of `vasa-avatar dataset` and filmed people, and measure it.

    vasa-avatar dataset --out faces --clips 8 --size 256
    python -m vasa_avatar.training.detection.train_detector --synthetic faces --filmed CORPUS

CORPUS holds `clips/` and `MANIFEST.csv` with columns name, speech, source: only clips with speech
are taken, and all of one source count as one identity, for people come back within one. Three times
a third of the identities, filmed and synthetic, is held out, so that every film is judged once by a
detector that has seen neither its person nor its character. Whole performances and partial
manipulations (only lips, only head, only gaze) are two questions with a detector each: what moves
too little and what moves otherwise lie on different sides of film. The mark plays no part.
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
from vasa_avatar.datatypes import F64
from vasa_avatar.errors import VasaError
from vasa_avatar.nets import ModelStore
from vasa_avatar.training.detection.clues import (
    LIP_CLUES,
    STILL_CLUES,
    clue_names,
    film_clues,
)
from vasa_avatar.training.detection.logistic import Detector, area, fit

FOLDS = 3
FILMED = "filmed"
QUESTIONS = {"whole": ("all",), "partial": ("lips", "head", "gaze")}
"""what is told apart from film"""
_SHOWN = 8
"""weights that are told"""


@dataclass(frozen=True, slots=True)
class FilmEntry:
    """A film that is to be looked at."""

    path: Path
    identity: str
    kind: str
    fold: int


@dataclass(frozen=True, slots=True, eq=False)
class FilmClues:
    """One film with its answer."""

    name: str
    identity: str
    """films of one identity never stand on both sides of a split"""
    kind: str
    """filmed; or what moves in a synthetic film: all, lips, head, gaze"""
    fold: int
    """in which third it is held out"""
    rows: F64
    """(W, C)"""


def synthetic_films(folder: Path) -> Iterator[FilmEntry]:
    """The clips of a set."""
    with (folder / "manifest.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    folds = _folds({row["character"] for row in rows})
    for row in rows:
        character = row["character"]
        yield FilmEntry(folder / row["clip"], character, row["part"], folds[character])


def filmed(corpus: Path) -> Iterator[FilmEntry]:
    """The clips of a corpus in which somebody speaks."""
    with (corpus / "MANIFEST.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["speech"] == "1"]
    folds = _folds({row["source"].partition(":")[0] for row in rows})
    for row in rows:
        source = row["source"].partition(":")[0]
        for path in sorted((corpus / "clips").glob(f"{row['name']}.*")):
            yield FilmEntry(path, source, FILMED, folds[source])


def _folds(identities: set[str]) -> dict[str, int]:
    """Which third each identity belongs to, by the hashes of their names."""
    ordered = sorted(identities, key=lambda name: hashlib.sha256(name.encode()).digest())
    return {name: place % FOLDS for place, name in enumerate(ordered)}


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
        yield FilmClues(entry.path.stem, entry.identity, entry.kind, entry.fold, rows)


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


def figures(films: list[FilmClues], columns: list[int], ridge: float) -> dict[str, Any]:
    """How well films are told apart that were held out: by windows of 2 s, and each as a whole."""
    detectors = [
        train([f for f in films if f.fold != fold], columns, ridge) for fold in range(FOLDS)
    ]
    logits = [detectors[film.fold].logits(film.rows[:, columns]) for film in films]
    answers = np.array([_answer(film) for film in films])
    of_windows: F64 = np.concatenate(
        [np.full(len(s), a) for s, a in zip(logits, answers, strict=True)]
    )
    whole = np.array([float(score.mean()) for score in logits])
    kinds = np.array([film.kind for film in films])
    against = {
        str(kind): round(area(whole[is_asked], answers[is_asked]), 3)
        for kind in sorted(set(kinds) - {FILMED})
        for is_asked in [np.isin(kinds, (kind, FILMED))]
    }
    right = {
        str(kind): _share(list(whole[kinds == kind]), str(kind)) for kind in sorted(set(kinds))
    }
    return {
        "films": len(films), "windows": len(of_windows),
        "area_windows": round(area(np.concatenate(logits), of_windows), 3),
        "area_films": round(area(whole, answers), 3),
        "area_against_filmed": against, "right_films": right,
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
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="keep the detectors there")
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
    for question, kinds in QUESTIONS.items():
        asked = [film for film in films if film.kind in (FILMED, *kinds)]
        for name, columns in sets.items():
            told = figures(asked, columns, options.ridge)
            print(json.dumps({"question": question, "clues": name, **told}), flush=True)
        detector = train(asked, sets["all clues"], options.ridge)
        order = np.argsort(-np.abs(detector.weights[:-1]))[:_SHOWN]
        print(json.dumps({detector.names[i]: round(detector.weights[i], 2) for i in order}))
        if options.out:
            options.out.mkdir(parents=True, exist_ok=True)
            detector.save(options.out / f"{question}.json")


if __name__ == "__main__":
    main()
