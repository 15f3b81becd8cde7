"""What a graphics card brings, for `bench --device cuda`: frames drawn there and read back."""

from __future__ import annotations

import time
from dataclasses import dataclass

_SIZE_PX, _FPS = 512, 25
_FRAMES = 200
_WARM = 10


@dataclass(frozen=True, slots=True)
class CardFigures:
    """What `--json` adds."""

    card: str
    """what draws, in its maker's words"""
    card_frame_ms: float
    """a frame drawn and read back, by the clock, one after another with the next under way"""
    card_processor_ms: float
    """of that, the processor's own time: posing, uploading, copying"""
    card_sessions_25fps: int
    """sessions whose frames one such stream of calls keeps up with"""


def measure_card(character: str, frames: int = _FRAMES) -> CardFigures:
    """Draw a character that speaks, on the card.

    Args:
        character: id of the profile.
        frames: how many.

    Raises:
        RenderError: OpenGL cannot be had.
    """
    from vasa_avatar.appearance import avatar_of
    from vasa_avatar.cli.sheet import all_tiles
    from vasa_avatar.profiles import load_profile
    from vasa_avatar.render.gl import GlRenderer

    renderer = GlRenderer(avatar_of(load_profile(character)), _SIZE_PX)
    motions = [tile.motion for tile in all_tiles()]
    many = [motions[number % len(motions)] for number in range(_WARM + frames)]
    drawn = renderer.render_all(iter(many))
    for _ in range(_WARM):
        next(drawn)
    begun_s, used_s = time.perf_counter(), time.thread_time()
    for _ in drawn:
        pass
    frame_ms = (time.perf_counter() - begun_s) / frames * 1e3
    processor_ms = (time.thread_time() - used_s) / frames * 1e3
    figures = CardFigures(
        renderer.device, round(frame_ms, 3), round(processor_ms, 3), int(1e3 / _FPS / frame_ms)
    )
    renderer.close()
    return figures
