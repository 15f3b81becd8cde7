"""For the whole suite: property tests draw the same examples every time and have no deadline.

A deadline would measure the machine, not the code.
"""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("suite", deadline=None, derandomize=True)
settings.load_profile("suite")
