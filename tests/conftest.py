"""For the whole suite: property tests draw the same examples every time and have no deadline.

A deadline would measure the machine, not the code.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from golden_pictures import GoldenPictures
from hypothesis import settings

os.environ.setdefault("LOGURU_LEVEL", "WARNING")  # Pipecat tells of itself while it loads
settings.register_profile("suite", deadline=None, derandomize=True)
settings.load_profile("suite")


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """One worker takes all `realtime` tests in turn; every other file goes whole to one worker.

    So two calls in real time never starve each other, and what a file prepares is prepared once.
    Other programs may starve them still: their failure counts when it comes twice, and the first
    one is told as a rerun.
    """
    can_rerun = config.pluginmanager.hasplugin("rerunfailures")
    for item in items:
        keeps_time = item.get_closest_marker("realtime") is not None
        item.add_marker(pytest.mark.xdist_group("realtime" if keeps_time else item.path.stem))
        if keeps_time and can_rerun:
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--regenerate-golden",
        action="store_true",
        help="keep what is drawn now as golden pictures, where it differs",
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> GoldenPictures:
    """The golden pictures beside the test's file."""
    return GoldenPictures(
        folder=request.path.parent / "pictures",
        differences=Path(request.config.rootpath) / "out" / "golden",
        regenerate=request.config.getoption("--regenerate-golden"),
    )


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder that holds 300 kB; only where mounting is allowed."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True)
    except FileNotFoundError:
        pytest.skip("there is no mount command")
    if done.returncode:
        pytest.skip("mounting is not allowed here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
