"""What `serve run ray_program:app` serves: two characters whose sound can be checked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from fake_source import FakeSource
from ray import serve
from vasa_ray import RayOptions, application


def source() -> FakeSource:
    """Notes which process opened a face, for tests that end it."""
    made = FakeSource()
    note = Path(os.environ["VASA_TEST_CLUSTER"]) / f"opened-{os.getpid()}"
    made.before_open = note.touch
    return made


def app(arguments: dict[str, Any]) -> serve.Application:
    """The server's fake characters behind Serve."""
    return application(RayOptions.model_validate(arguments), source)
