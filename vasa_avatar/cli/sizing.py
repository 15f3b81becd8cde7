"""How many faces a machine and a cluster hold, from the measured cost of one (docs/sizing.md).

A simulation of frames, cores and locks says how late sound is as sessions are added. A box holds
the most with which 99 of 100 frames of sound are no later than 20 ms, none later than 60, and 95 of
100 pictures come.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

SUMMARY = "how many faces a machine and a cluster hold"
_VIEWERS = (100, 1_000, 10_000, 100_000, 1_000_000)
_LOADS = (0.5, 0.75, 0.9, 1.0, 1.1, 1.25)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which session, which machine, how many viewers."""
    parser.add_argument(
        "--kind", default="motion", choices=("pictures", "motion", "pipecat"),
        help="pictures as JPEG, motion that the viewer draws (motion), a Pipecat call",
    )  # fmt: skip
    parser.add_argument("--cores", type=int, default=16, metavar="N", help="of one machine (16)")
    parser.add_argument("--workers", type=int, metavar="N", help="processes on it (one a core)")
    parser.add_argument(
        "--talk-share", type=float, default=0.5, metavar="X",
        help="of its time that a face talks (0.5); 1 for all at once without a pause",
    )  # fmt: skip
    parser.add_argument(
        "--viewers", type=int, nargs="+", default=list(_VIEWERS), metavar="N",
        help="there at once, on average",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(arguments: argparse.Namespace) -> None:
    """Simulate and print."""
    from vasa_avatar.cli.app import UsageError
    from vasa_avatar.sizing import Box, load_costs, plan_cluster, seats_of, simulate_box

    workers = arguments.workers or arguments.cores
    if not (0 < arguments.cores <= 256 and 0 < workers <= 256):
        raise UsageError("--cores and --workers are expected between 1 and 256")
    if not 0.0 < arguments.talk_share <= 1.0 or min(arguments.viewers) < 1:
        raise UsageError("--talk-share is expected above 0, up to 1; --viewers 1 or more")
    cost, box = load_costs(arguments.kind), Box(arguments.cores, workers)
    seats = seats_of(box, cost, arguments.talk_share)
    counts = sorted({max(1, round(seats * load)) for load in _LOADS})
    loads = [
        simulate_box(box, cost, n, talk_share=arguments.talk_share, seconds=5.0) for n in counts
    ]
    plans = [plan_cluster(viewers, seats, workers, cost, arguments.talk_share)
             for viewers in arguments.viewers]  # fmt: skip
    if arguments.json:
        figures = {
            "kind": arguments.kind, "cost": asdict(cost), "seats_per_box": seats,
            "loads": [asdict(load) for load in loads], "plans": [asdict(plan) for plan in plans],
        }  # fmt: skip
        print(json.dumps(figures))
        return
    print(f"{arguments.kind}: a box of {box.cores} cores and {workers} processes holds {seats}")
    print("\nsessions  cores busy  sound late, p99 / most  pictures")
    for load in loads:
        print(f"{load.sessions:8d}  {load.cores_busy:10.1f}  {load.p99_late_ms:8.1f} / "
              f"{load.most_late_ms:8.1f} ms  {load.pictures:8.1%}")  # fmt: skip
    print("\n viewers    boxes       seats  turned away  Gbit/s  GB a box")
    for plan in plans:
        print(f"{plan.viewers:8d}  {plan.boxes:7d}  {plan.seats:10d}  {plan.blocked:11.4%}  "
              f"{plan.gbit_per_s:6.1f}  {plan.memory_gb:8.1f}")  # fmt: skip
