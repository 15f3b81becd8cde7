"""One channel of many: a decoded frame to mono float in -1..1.

Two channels without a centre are averaged. Of surround sound the centre, which carries the
dialogue, keeps its level, and the others come in as ITU-R BS.775-3, table 2 (mono), has them; the
sum may pass 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from vasa_avatar.datatypes import F32

_FRONT, _SIDE = 0.5**0.5, 0.5
_FRONTS = ("FL", "FR", "FLC", "FRC", "WL", "WR")
_SIDES = ("SL", "SR", "BL", "BR", "BC", "SDL", "SDR",
          "TC", "TFL", "TFC", "TFR", "TBL", "TBC", "TBR", "TSL", "TSR")  # fmt: skip
_LOWS = ("LFE", "LFE2")
_GAINS = {
    "FC": 1.0,
    **dict.fromkeys(_FRONTS, _FRONT),
    **dict.fromkeys(_SIDES, _SIDE),
    **dict.fromkeys(_LOWS, 0.0),
}
_USUAL = {
    5: ("FL", "FR", "FC", "BL", "BR"),
    6: ("FL", "FR", "FC", "LFE", "BL", "BR"),
    7: ("FL", "FR", "FC", "LFE", "BC", "SL", "SR"),
    8: ("FL", "FR", "FC", "LFE", "BL", "BR", "SL", "SR"),
}
"""the order that files mean that do not tell their layout (FLAC format, channel assignment)"""


def mono(frame: Any) -> F32:
    """The (N,) samples of a decoded audio frame."""
    channels = _channels(frame)
    if len(channels) == 1:
        only: F32 = channels[0]
        return only
    gains = channel_gains(tuple(channel.name for channel in frame.layout.channels))
    out: F32 = gains @ channels
    return out


def is_surround(frame: Any) -> bool:
    """Whether `mono` may pass 1 though no channel does."""
    return len(frame.layout.channels) > 2


def channel_gains(names: tuple[str, ...]) -> F32:
    """By what each channel is multiplied; names as FFmpeg's."""
    if not set(names) <= set(_GAINS):
        names = _USUAL.get(len(names), names)
    if "FC" in names and set(names) <= set(_GAINS):
        return np.array([_GAINS[name] for name in names], np.float32)
    is_heard = np.array([name not in _LOWS for name in names], np.float32)
    return is_heard / np.float32(max(1.0, is_heard.sum()))


def _channels(frame: Any) -> F32:
    """(C, N) float in -1..1, of any sample format."""
    values: Any = frame.to_ndarray()
    if not frame.format.is_planar:
        values = values.reshape(-1, len(frame.layout.channels)).T
    offset, full_scale = 0.0, 1.0
    if values.dtype.kind == "u":
        offset = full_scale = 128.0
    elif values.dtype.kind == "i":
        full_scale = -float(np.iinfo(values.dtype).min)
    out: F32 = (values.astype(np.float32) - np.float32(offset)) / np.float32(full_scale)
    return out
