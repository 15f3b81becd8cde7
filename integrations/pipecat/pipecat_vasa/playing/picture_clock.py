"""Makes the clocks of SmallWebRTC's tracks run in real time, from a call's first moment on.

A browser trusts both clocks to keep lips and voice together. The track of pictures counts a
thirtieth of a second for each, however long that really took, so its clock falls behind the sound's
by some per cent, and lips come up to half a second off. The track of sound catches up in a burst on
what a call's beginning held up; the browser keeps that as delay of the voice, and lips come early
until it has worked it off, which takes ten seconds. Other transports are left alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from fractions import Fraction
from types import MethodType
from typing import Any

from pipecat.transports.base_output import BaseOutputTransport

_CLOCK_HZ = 90_000  # of video in RTP
_MARK = "_vasa_began_s"
_SETTLING_S = 0.5
"""of sound in which it may begin anew: no sender report has told the browser of its clock yet"""
_HELD_UP_S = 0.005
"""by which a piece of 10 ms is late when it was held up"""


def keep_real_time(transport: BaseOutputTransport | None) -> bool:
    """Mend the clocks of the transport's tracks, now and whenever it gets new ones.

    Returns:
        Whether there is a track of pictures to mend now.
    """
    # Pipecat has no public names for these; a transport built in another way is left alone.
    client = getattr(transport, "_client", None)
    connection = getattr(client, "_webrtc_connection", None)
    _mend_when_set(connection, "replace_video_track", _mend_pictures)
    _mend_when_set(connection, "replace_audio_track", _mend_sound)
    _mend_sound(getattr(client, "_audio_output_track", None))
    return _mend_pictures(getattr(client, "_video_output_track", None))


def _mend_when_set(connection: Any, name: str, mend: Callable[[Any], bool]) -> None:
    """A caller who connects, or comes back, gets new tracks: mend them before they are read."""
    replace = getattr(connection, name, None)
    if replace is None or hasattr(replace, _MARK):
        return

    def mend_and_replace(track: Any) -> None:
        mend(track)
        replace(track)

    setattr(mend_and_replace, _MARK, True)
    setattr(connection, name, mend_and_replace)


def _mend_pictures(track: Any) -> bool:
    if not hasattr(track, "next_timestamp"):
        return False
    if not hasattr(track, _MARK):
        counted_s = getattr(track, "_timestamp", 0) / _CLOCK_HZ
        setattr(track, _MARK, time.monotonic() - counted_s)
        track.next_timestamp = MethodType(_next_timestamp, track)
    return True


def _mend_sound(track: Any) -> bool:
    if not hasattr(track, "_start") or not hasattr(track, "recv"):
        return False
    if not hasattr(track, _MARK):
        setattr(track, _MARK, track._start)
        track.recv = MethodType(_receive_settling, track)
    return True


async def _next_timestamp(track: Any) -> tuple[int, Fraction]:
    """The time now, after all that were given before; in place of the track's own method."""
    from aiortc.mediastreams import MediaStreamError

    if track.readyState != "live":
        raise MediaStreamError
    now = round((time.monotonic() - getattr(track, _MARK)) * _CLOCK_HZ)
    track._timestamp = max(now, getattr(track, "_timestamp", -1) + 1)
    return track._timestamp, Fraction(1, _CLOCK_HZ)


async def _receive_settling(track: Any) -> Any:
    """The next piece; while the call settles, one that was held up moves the clock instead."""
    piece = await type(track).recv(track)
    began_s = float(piece.pts * piece.time_base)
    late_s = time.time() - track._start - began_s
    if late_s > _HELD_UP_S:
        track._start += late_s
    if began_s >= _SETTLING_S:
        del track.recv  # from now on the track's own
    return piece
