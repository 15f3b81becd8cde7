"""The example bot with a voice of beeps and a face that turns white while a beep belongs under it.

    python tests/integrations/pipecat/flashing_bot.py -t webrtc --port 7861

Whatever is typed is answered with beeps; the face is the real character, drawn and then painted
over, so it costs what it costs. With `--draw browser` the page draws a square that is white where
the motion says so.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parent))

from bot_rig import load_example
from flat_avatar import flat_avatar
from pipecat_rig import engine_of
from pipecat_vasa import HibariTTSService, VasaEngine
from webrtc_rig import RATE_HZ, FlashSession, beeps

from vasa_avatar.browser import vface_bytes
from vasa_avatar.datatypes import ARKIT_INDEX, I16, FaceMotion, K
from vasa_avatar.session import AvatarStream, MotionFrame

REPLY_S = 8.0
DARK, BRIGHT = 16, 235
SIZE_PX = 512

example = load_example()
bot = example.bot  # where Pipecat's runner looks for it


class BeepVoice(HibariTTSService):
    """Ten beeps for any text."""

    def sentences(self, text: str) -> list[str]:
        """One piece, whatever the text."""
        return [text]

    def speak(self, sentence: str) -> tuple[I16, int]:
        """Beeps."""
        return beeps(REPLY_S), RATE_HZ


class FlashingCharacter(FlashSession):
    """The real character's session; its picture is then painted over."""

    def render(self, frame: Any, out: Any = None) -> Any:
        """Draw, and paint dark or bright."""
        drawn = super().render(frame, out)
        if drawn.frame_rgb[0, 0, 0] != BRIGHT or not len(frame.audio):
            drawn.frame_rgb[:] = DARK
        return drawn


class FlashingMotion(AvatarStream):
    """The real character's motion is made, then another one sent: white while there is a beep."""

    def pull_motion(self) -> Iterator[MotionFrame]:
        """Speech, with the tongue out where it beeps."""
        for frame in super().pull_motion():
            half = frame.audio[: len(frame.audio) // 2]
            expression = np.zeros(K, np.float32)
            is_beep = len(half) > 0 and np.abs(half).max() > 4000
            expression[ARKIT_INDEX["tongueOut"]] = float(is_beep)
            yield replace(frame, motion=FaceMotion(expression))


def prepare(options: argparse.Namespace) -> None:
    """Instead of the example's."""
    session = FlashingMotion if options.draw == "browser" else FlashingCharacter
    engine: VasaEngine = engine_of(session, options.character)
    engine._make_face_file = lambda: vface_bytes(flat_avatar())
    example.engine = engine  # type: ignore[attr-defined]


if __name__ == "__main__":
    example.prepare = prepare  # type: ignore[attr-defined]
    example.make_voice = BeepVoice  # type: ignore[attr-defined]
    example.serve()
