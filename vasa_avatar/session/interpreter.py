"""Two settings of the Python process that keep an event loop quick beside drawing threads."""

from __future__ import annotations

import gc
import sys

_THREAD_SWITCH_S = 0.001


def tune_interpreter() -> None:
    """Call it once in your program, when everything heavy is loaded; it concerns all threads.

    A thread that draws gives the interpreter up after 1 ms instead of 5, so the event loop waits
    less; and what is loaded now is no longer searched for garbage, which would stop everything for
    about 100 ms now and then.
    """
    sys.setswitchinterval(min(_THREAD_SWITCH_S, sys.getswitchinterval()))
    gc.collect()
    gc.freeze()
