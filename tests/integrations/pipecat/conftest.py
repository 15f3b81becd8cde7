"""Pipecat's modules warn about their own old parts while they load; here they may, once."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from types import ModuleType

import pytest

pytest.importorskip("pipecat", reason="the pipecat extra is not installed")

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    import pipecat.pipeline.worker
    import pipecat.runner.utils
    import pipecat.services.openai.llm
    import pipecat.services.tts_service
    import pipecat.tests.utils
    import pipecat.transports.smallwebrtc.transport  # noqa: F401


@pytest.fixture(scope="module")
def example() -> Iterator[ModuleType]:
    """examples/pipecat_bot.py, with its character loaded."""
    from bot_rig import load_example
    from pipecat_vasa import VasaEngine

    module = load_example()
    module.engine = VasaEngine.load("iris")  # type: ignore[attr-defined]
    yield module
    module.engine.close()  # type: ignore[attr-defined]
