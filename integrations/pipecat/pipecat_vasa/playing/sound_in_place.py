"""Lets aiortc encode a call's sound where it stands, on the event loop.

By itself it hands every 10 ms of sound to a thread. Opus takes a tenth of a millisecond for them;
waking the thread, waking the loop again and passing the interpreter's lock to and fro takes more:
a third of all that a call costs, a hundred times a second. Pictures stay in their threads, and so
does sound that makes up for lost time, as when a call begins: without a pause between its pieces it
would hold up the loop and leave in one burst, after which the voice was heard up to 250 ms late.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from pipecat.transports.base_output import BaseOutputTransport

_MARK = "_vasa_sound_in_place"
_ENCODER = ("aiortc.codecs.opus", "OpusEncoder")
_LEAST_PAUSE_S = 0.006
"""between pieces of 10 ms that come in their time"""


def encode_sound_in_place(transport: BaseOutputTransport | None) -> bool:
    """Do so on the running loop, if the transport is SmallWebRTC; another loop's tasks, and any
    other work, go to threads as before.

    Returns:
        Whether it is done.
    """
    loop: Any = asyncio.get_running_loop()
    if "smallwebrtc" not in type(transport).__module__:
        return False
    if hasattr(loop, _MARK):
        return True
    in_thread = loop.run_in_executor
    last_s: WeakKeyDictionary[Any, float] = WeakKeyDictionary()

    def run(executor: Any, work: Callable[..., Any], *args: Any) -> Any:
        if executor is not None or not _is_sound(work):
            return in_thread(executor, work, *args)
        encoder, now_s = getattr(work, "__self__", None), loop.time()
        pause_s = now_s - last_s.get(encoder, now_s)
        last_s[encoder] = now_s
        if pause_s < _LEAST_PAUSE_S:
            return in_thread(executor, work, *args)
        done = loop.create_future()
        try:
            done.set_result(work(*args))
        except Exception as problem:
            done.set_exception(problem)
        return done

    try:
        loop.run_in_executor = run
    except AttributeError:  # a loop whose methods are fixed
        return False
    setattr(loop, _MARK, True)
    return True


def _is_sound(work: Callable[..., Any]) -> bool:
    kind = type(getattr(work, "__self__", None))
    return (kind.__module__, kind.__name__) == _ENCODER
