"""CPU time of a frame, this checkout's beside another's, in turns: what changes cost the engine.

    .venv/bin/python tests/bench/bench_engine_cost.py ../other_checkout

Each runs its own `vasa-avatar bench`, whose figures are CPU time: a busy machine slows both alike.
The ratio is that of the middle values.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parents[2]
FIGURES = ("render_ms", "engine_ms")


def measure(checkout: Path, character: str) -> dict[str, float]:
    """What the checkout's own bench says."""
    words = [".venv/bin/vasa-avatar", "bench", "--profile", character, "--json"]
    done = subprocess.run(words, cwd=checkout, stdout=subprocess.PIPE, text=True, check=True)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def main() -> None:
    """Measure in turns and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("other", type=Path, help="a checkout with a .venv of its own")
    parser.add_argument("--character", default="iris")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    rows: dict[Path, list[dict[str, float]]] = {options.other.resolve(): [], HERE: []}
    for _ in range(options.rounds):
        for checkout, measured in rows.items():
            measured.append(measure(checkout, options.character))
    for name in FIGURES:
        middles = []
        for checkout, measured in rows.items():
            values = [row[name] for row in measured]
            middles.append(statistics.median(values))
            print(f"{name:10s} {checkout}: {' '.join(f'{value:.2f}' for value in values)}")
        print(f"{name:10s} ratio {middles[1] / middles[0]:.3f}")


if __name__ == "__main__":
    main()
