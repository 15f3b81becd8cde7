"""Sessions: speech and controls in, sample-exact pairs of picture and sound out."""

from __future__ import annotations

from vasa_avatar.session.engine import AvatarSession, MotionFrame

__all__ = ["AvatarSession", "MotionFrame"]
