"""Sound to Opus in WebM, in memory: what every browser plays."""

from __future__ import annotations

import io
from fractions import Fraction

import av
import numpy as np

from vasa_avatar.datatypes import I16

OPUS_RATE_HZ = 48_000
BIT_RATE = 48_000
"""bits a second; speech is then as good as it came"""


def opus_webm(pcm_i16: I16, sample_rate_hz: int) -> bytes:
    """A WebM file.

    Args:
        pcm_i16: (N,) mono.
        sample_rate_hz: its rate.
    """
    file = io.BytesIO()
    with av.open(file, "w", format="webm") as container:
        stream = container.add_stream("libopus", rate=OPUS_RATE_HZ, layout="mono")
        stream.bit_rate = BIT_RATE
        resampler = av.AudioResampler("s16", "mono", OPUS_RATE_HZ)
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(pcm_i16)[None], format="s16", layout="mono"
        )
        frame.sample_rate = sample_rate_hz
        frame.time_base = Fraction(1, sample_rate_hz)
        frame.pts = 0
        for resampled in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(resampled))
        container.mux(stream.encode(None))
    return file.getvalue()
