"""The measured tables of body and head motion: readable, complete, plausible."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

WEIGHTS = files("vasa_avatar") / "weights"


def read(name: str) -> dict[str, Any]:
    table = json.loads((WEIGHTS / name).read_text())
    assert isinstance(table, dict)
    return table


def test_body_follows_the_head_less_than_fully_and_does_not_roll() -> None:
    table = read("body_follow.json")
    heights = table["height_below_chin_face_heights"]
    assert heights == sorted(heights)
    seated = table["seated"]
    for term in ("shift_x", "shift_y", "roll", "log_scale"):
        for values in seated[term].values():
            assert len(values) == len(heights)
    assert all(0.3 < v < 0.9 for v in seated["shift_x"]["per_x"][:3])
    assert all(0.1 < v < 0.8 for v in seated["shift_y"]["per_y"][:3])
    assert all(abs(v) < 0.15 for v in seated["roll"]["per_roll"][:3])
    walking = [v for v in table["whole_body"]["shift_x"]["per_x"][1:] if v is not None]
    assert walking and min(walking) > max(seated["shift_x"]["per_x"][:3])


def test_motion_statistics_are_those_of_people() -> None:
    table = read("motion_statistics.json")
    assert table["seconds"] > 200
    median = {
        f"{group}.{name}": row["median"]
        for group in ("head", "prosody", "blink", "saccade")
        for name, row in table[group].items()
    }
    assert 0.5 < median["head.yaw_std_deg"] < 8 and 0.5 < median["head.pitch_std_deg"] < 8
    assert median["head.speed_speaking_over_silent"] > 1
    for axis in ("pitch", "yaw", "roll"):
        shares = [v for k, v in median.items() if k.startswith(f"head.{axis}_share")]
        assert 0.5 < sum(shares) < 1.2
        assert median[f"head.{axis}_share_below_8_hz"] < 0.02, "heads do not shake"
    assert 5 < median["blink.per_minute"] < 60
    assert 0.08 <= median["blink.closed_s"] <= 0.3
