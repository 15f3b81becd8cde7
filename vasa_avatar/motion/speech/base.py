"""The seam between sound and mouth: 16 kHz mono float sound in, rows of ARKit coefficients out.

Rows come at 100 Hz. Row k describes the face at time k * 10 ms (sample k * 160) since `reset`.
Only the columns in SPEECH_COLUMNS are ever non-zero: jaw, mouth, cheeks, nose and tongue.
"""

from __future__ import annotations

from typing import Protocol

from vasa_avatar.datatypes import ARKIT_INDEX, ARKIT_NAMES, F32

SAMPLE_RATE_HZ = 16_000
HOP_SAMPLES = 160
ROWS_PER_S = SAMPLE_RATE_HZ // HOP_SAMPLES

# How far a row may look ahead. A frame at 25 fps is drawn for its middle, 20 ms after its first
# sample; the row after that instant lies up to 10 ms later; the resampler takes up to 4 ms. What is
# left of the session's 80 or 160 ms is the speech model's.
MAX_LOOKAHEAD_SAMPLES: dict[int, int] = {80: 736, 160: 2016}

SPEECH_COLUMNS: tuple[int, ...] = tuple(
    ARKIT_INDEX[name]
    for name in ARKIT_NAMES
    if name.startswith(("jaw", "mouth", "cheek", "nose", "tongue"))
)


class SpeechStream(Protocol):
    """One utterance on its way from sound to mouth; holds state and belongs to one session.

    Any split of the same sound gives the same rows, bit for bit. Barge-in is `reset`: the session
    itself closes the mouth smoothly.
    """

    @property
    def lookahead_samples(self) -> int:
        """Row k needs the samples before k * 160 + lookahead_samples, at 16 kHz."""
        ...

    def push(self, pcm_16k: F32) -> F32:
        """Take sound, give the rows that it completes.

        Args:
            pcm_16k: (N,) float32 mono at 16 kHz, -1..1, any N including 0.

        Returns:
            (rows, 52) float32, 0..1: all rows k with k * 160 + lookahead_samples <= samples so far.
        """
        ...

    def flush(self) -> F32:
        """End the utterance: the rows left, as if silence followed.

        Returns:
            (rows, 52) float32; together with `push`, one row for each begun 160 samples. Nothing
            may be pushed afterwards until `reset`.
        """
        ...

    def reset(self) -> None:
        """Forget everything: equal to a new stream, bit for bit."""
        ...


class SpeechModel(Protocol):
    """What turns sound into mouth shapes; loaded once, never changes, shared by all sessions."""

    def stream(self, lookahead_ms: int) -> SpeechStream:
        """A new stream.

        Args:
            lookahead_ms: the session's lookahead, 80 or 160. The stream's `lookahead_samples` is
                at most MAX_LOOKAHEAD_SAMPLES[lookahead_ms].
        """
        ...
