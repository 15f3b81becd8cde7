"""vasa_ray: the server of vasa_avatar as a deployment of Ray Serve; `serve run vasa_ray:app`."""

from __future__ import annotations

import os

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # before Ray starts: it sends nothing then

import vasa_avatar  # noqa: E402, F401  # before everything else: its networks' runtime sends nothing

try:
    from vasa_ray.deployment import app, application
    from vasa_ray.options import RayOptions
except ModuleNotFoundError as problem:
    if (problem.name or "").partition(".")[0] not in ("ray", "websockets"):
        raise
    raise ModuleNotFoundError(
        f'vasa_ray needs the package {problem.name}: pip install "vasa-avatar[ray]"',
        name=problem.name,
    ) from problem

__all__ = ["RayOptions", "app", "application"]
