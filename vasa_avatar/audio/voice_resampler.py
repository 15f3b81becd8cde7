"""A voice that is heard, at another rate, as it streams in: (N,) int16 to (M,) int16, by soxr.

What only the mouth listens to goes through StreamResampler (resample.py), which waits for 3 ms of
sound where this filter holds back some 40.
"""

from __future__ import annotations

import numpy as np
import soxr

from vasa_avatar.datatypes import F32, I16
from vasa_avatar.errors import AudioError


class VoiceResampler:
    """Resamples one stream. Any split of the input gives the same output, bit for bit."""

    def __init__(self, rate_in_hz: int, rate_out_hz: int) -> None:
        """Prepare the filter; rates are 4000 to 384000 Hz."""
        for rate in (rate_in_hz, rate_out_hz):
            if not 4_000 <= rate <= 384_000:
                raise AudioError(f"sample rate is {rate} Hz; expected 4000 to 384000 Hz")
        # As float: to int16 soxr adds dither, which differs from split to split.
        self._stream = soxr.ResampleStream(rate_in_hz, rate_out_hz, 1, dtype="float32")

    def push(self, pcm_i16: I16) -> I16:
        """Take (N,) samples, give those that are ready."""
        return _as_int16(self._stream.resample_chunk(pcm_i16.astype(np.float32)))

    def flush(self) -> I16:
        """The samples left, as if silence followed; push no more."""
        return _as_int16(self._stream.resample_chunk(np.zeros(0, np.float32), last=True))


def _as_int16(samples: F32) -> I16:
    return np.clip(np.round(samples), -32_768, 32_767).astype(np.int16)
