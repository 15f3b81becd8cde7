"""What `tune_interpreter` does to a process."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import gc, sys
from vasa_avatar.session import tune_interpreter
tune_interpreter()
assert sys.getswitchinterval() <= 0.001, sys.getswitchinterval()
assert gc.get_freeze_count() > 10_000, gc.get_freeze_count()
assert gc.isenabled()
sys.setswitchinterval(0.0002)
tune_interpreter()
assert sys.getswitchinterval() < 0.0003, "somebody's own, shorter interval stays"
"""


def test_threads_give_way_and_loaded_data_is_left_alone() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
