"""For the whole suite: the same examples every time, and no two tests that keep time at once.

Property tests have no deadline: it would measure the machine, not the code.
"""

from __future__ import annotations

import pytest
from hypothesis import settings

settings.register_profile("suite", deadline=None, derandomize=True)
settings.load_profile("suite")


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker takes all `realtime` tests in turn; every other file goes whole to one worker.

    So two calls in real time never starve each other, and what a file prepares is prepared once.
    """
    for item in items:
        keeps_time = "integrations" in item.path.parts or item.get_closest_marker("realtime")
        item.add_marker(pytest.mark.xdist_group("realtime" if keeps_time else item.path.stem))
