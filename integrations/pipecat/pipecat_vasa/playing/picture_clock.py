"""Makes the clock of SmallWebRTC's pictures run in real time.

Its video track counts a thirtieth of a second for each picture, however long that really took, so
its clock falls behind the sound's by some per cent. A browser trusts both clocks to keep lips and
voice together: without this it shows them up to half a second apart. Other transports are left
alone.
"""

from __future__ import annotations

import time
from fractions import Fraction
from types import MethodType
from typing import Any

from pipecat.transports.base_output import BaseOutputTransport

_CLOCK_HZ = 90_000  # of video in RTP
_MARK = "_vasa_began_s"


def keep_real_time(transport: BaseOutputTransport | None) -> bool:
    """Mend the clock of the transport's present video track; True when there is one to mend."""
    # Pipecat has no public name for the track; a transport built in another way is left alone.
    track = getattr(getattr(transport, "_client", None), "_video_output_track", None)
    if track is None or not hasattr(track, "next_timestamp"):
        return False
    if not hasattr(track, _MARK):
        counted_s = getattr(track, "_timestamp", 0) / _CLOCK_HZ
        setattr(track, _MARK, time.monotonic() - counted_s)
        track.next_timestamp = MethodType(_next_timestamp, track)
    return True


async def _next_timestamp(track: Any) -> tuple[int, Fraction]:
    """The time now, after all that were given before; in place of the track's own method."""
    from aiortc.mediastreams import MediaStreamError

    if track.readyState != "live":
        raise MediaStreamError
    now = round((time.monotonic() - getattr(track, _MARK)) * _CLOCK_HZ)
    track._timestamp = max(now, getattr(track, "_timestamp", -1) + 1)
    return track._timestamp, Fraction(1, _CLOCK_HZ)
