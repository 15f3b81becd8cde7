"""Code in this part's documents runs; and what its options say of a deployment."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

pytest.importorskip("ray", reason="its own environment has it: make test-ray")

from pydantic import ValidationError

with warnings.catch_warnings(action="ignore"):  # Ray's own, while it loads
    from ray import serve

from snippets import Snippet, python_snippets, run_snippet
from vasa_ray import RayOptions, app

SNIPPETS = python_snippets("vasa_ray")


@pytest.mark.parametrize("snippet", SNIPPETS, ids=str)
def test_an_application_is_made(snippet: Snippet, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Any] = []
    monkeypatch.setattr(serve, "run", given.append)
    run_snippet(snippet, {})
    assert len(given) == 1 and isinstance(given[0], serve.Application)


def test_there_is_one() -> None:
    assert SNIPPETS


def test_a_replica_is_full_where_its_core_is() -> None:
    drawn, motion = RayOptions(max_sessions=4), RayOptions(max_sessions=4, viewers_draw=True)
    assert (drawn.sockets, motion.sockets) == (4, 20)
    scaling = motion.of_deployment()["autoscaling_config"]
    assert scaling["target_ongoing_requests"] == 15.0
    assert motion.of_deployment()["max_ongoing_requests"] > motion.sockets
    assert motion.of_deployment()["graceful_shutdown_timeout_s"] > motion.drain_s


def test_mistakes_are_told_before_anything_is_deployed() -> None:
    with pytest.raises(ValidationError, match="min_replicas is 3, above max_replicas 2"):
        RayOptions(min_replicas=3, max_replicas=2)
    with pytest.raises(ValidationError, match="Extra inputs"):
        app({"replicas": "3"})
    with pytest.raises(ValueError, match="set a token"):
        app({"host": "0.0.0.0"})
