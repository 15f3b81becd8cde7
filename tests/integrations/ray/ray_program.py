"""What `serve run ray_program:app` serves: two characters whose sound can be checked."""

from __future__ import annotations

from typing import Any

from fake_source import FakeSource
from ray import serve
from vasa_ray import RayOptions, application


def app(arguments: dict[str, Any]) -> serve.Application:
    """The server's fake characters behind Serve."""
    return application(RayOptions.model_validate(arguments), FakeSource)
