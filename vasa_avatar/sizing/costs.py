"""What a session costs, as it was measured: `costs.json` to SessionCost."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["pictures", "motion", "pipecat"]
KINDS: tuple[Kind, ...] = ("pictures", "motion", "pipecat")


@dataclass(frozen=True, slots=True)
class SessionCost:
    """Of one session at 25 frames a second; computing time is that of one core."""

    talking_share: float
    """of a core while it speaks"""
    silent_share: float
    """of a core while it does not"""
    locked_share: float
    """of that, while the interpreter's lock is held: a process does no more of it than one core"""
    sound_share: float
    """of that, before a frame's sound is out; the rest is its picture"""
    client_share: float
    """of a core, for a reader on the same machine; where clients are elsewhere it is not spent"""
    kb_per_s: float
    """on the wire while it speaks"""
    silent_kb_per_s: float
    """on the wire while it does not"""
    process_mb: float
    """that one more process holds by itself, its sessions included"""
    shared_mb: float
    """that all processes of a box share"""


def load_costs(kind: Kind) -> SessionCost:
    """The measured figures of one kind of session.

    Args:
        kind: `pictures` (JPEG, 512 px), `motion` (the viewer draws) or `pipecat` (without encoder).
    """
    text = files(__package__).joinpath("costs.json").read_text(encoding="utf-8")
    return SessionCost(**json.loads(text)["sessions"][kind])
