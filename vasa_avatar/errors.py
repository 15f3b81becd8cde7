"""The errors that callers may catch.

VasaError
├── PortraitError      a picture cannot become an avatar; `reason` is one of PORTRAIT_REASONS
├── AvatarFileError    an avatar file is damaged, of another version, or not one of ours
├── MotionFileError    a motion file has wrong names, shapes or values
├── AudioError         sound that cannot be read or has an unusable rate or shape
├── ProfileError       a character profile is missing or invalid
├── CardError          a character card of another program cannot be read or written
├── ProvenanceError    a file cannot be signed, or looked at for mark and signature
├── RenderError        a frame cannot be drawn by the means that were asked for
└── ModelStoreError    a model is neither cached nor obtainable, or fails its checksum

Every message says what came, what was expected, and what to do.
"""

from __future__ import annotations

PORTRAIT_REASONS = (
    "not_an_image",
    "too_large",
    "no_face",
    "face_too_small",
    "turned_too_far",
    "eyes_closed",
    "bad_points",
)


class VasaError(Exception):
    """Base of all errors that this package raises on outside input."""


class PortraitError(VasaError):
    """A picture cannot become an avatar."""

    def __init__(self, reason: str, message: str) -> None:
        assert reason in PORTRAIT_REASONS, reason
        super().__init__(message)
        self.reason = reason


class RenderError(VasaError):
    """A frame cannot be drawn by the means that were asked for."""


class AvatarFileError(VasaError):
    """An avatar file is damaged, of another version, or not one of ours."""


class MotionFileError(VasaError):
    """A motion file has wrong names, shapes or values."""


class AudioError(VasaError):
    """Sound that cannot be read or has an unusable rate or shape."""


class ProfileError(VasaError):
    """A character profile is missing or invalid."""

    def __init__(self, message: str, faults: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.faults = faults or (message,)
        """one line each: file, line, key, what is wrong"""


class CardError(VasaError):
    """A character card of another program cannot be read or written."""


class ProvenanceError(VasaError):
    """A file cannot be signed, or looked at for mark and signature."""


class ModelStoreError(VasaError):
    """A model is neither cached nor obtainable, or fails its checksum."""
