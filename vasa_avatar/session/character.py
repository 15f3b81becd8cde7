"""A character as a stream: its language, temper and mood are those of its profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vasa_avatar.datatypes import Controls
from vasa_avatar.performance_style import PerformanceStyle
from vasa_avatar.render.base import Renderer
from vasa_avatar.safety import MarkPayload
from vasa_avatar.session.stream import LIVE_MARK, AvatarStream

if TYPE_CHECKING:
    from vasa_avatar.appearance import Avatar
    from vasa_avatar.profiles import CharacterProfile


def character_stream(
    avatar: Avatar | None,
    profile: CharacterProfile | None,
    *,
    sample_rate_hz: int,
    fps: int = 25,
    size_px: int = 512,
    realtime: bool = False,
    controls: Controls | None = None,
    seed: int = 0,
    language: str | None = None,
    style: PerformanceStyle | None = None,
    renderer: Renderer | None = None,
    mark: MarkPayload | None = LIVE_MARK,
) -> AvatarStream:
    """Open a stream for a character.

    Args:
        avatar: who is seen; may be None when `renderer` is given.
        profile: who it is; None: anybody.
        sample_rate_hz: see AvatarStream, as for the next three.
        fps: frames a second.
        size_px: edge of the picture.
        realtime: the sound comes as fast as it is heard.
        controls: where it starts; the profile's own when None.
        seed: of what is left to chance in this session.
        language: of its words; the profile's own when None.
        style: how it performs by nature; as the profile says when None.
        renderer: draws the frames; a MeshRenderer of the avatar when None.
        mark: what the imperceptible mark in every picture says; no mark when None.
    """
    if controls is None:
        controls = Controls() if profile is None else profile.controls()
    if style is None:
        is_drawn = avatar is not None and avatar.is_drawn
        style = PerformanceStyle() if profile is None else profile.style(is_drawn)
    return AvatarStream(
        avatar,
        sample_rate_hz,
        fps,
        size_px,
        realtime=realtime,
        controls=controls,
        seed=seed,
        language=language or ("en" if profile is None else profile.language),
        style=style,
        renderer=renderer,
        mark=mark,
    )
