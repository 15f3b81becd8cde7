"""The example bot with a voice of beeps and a face that turns white while a beep belongs under it.

    python tests/integrations/pipecat/flashing_bot.py -t webrtc --port 7861

Whatever is typed is answered with beeps; the face is the real character, drawn and then painted
over, so it costs what it costs.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parent))

from bot_rig import load_example
from pipecat_rig import engine_of
from pipecat_vasa import HibariTTSService
from webrtc_rig import RATE_HZ, FlashSession, beeps

from vasa_avatar.datatypes import I16

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


def prepare(options: argparse.Namespace) -> None:
    """Instead of the example's."""
    example.engine = engine_of(FlashingCharacter, options.character)  # type: ignore[attr-defined]


if __name__ == "__main__":
    example.prepare = prepare  # type: ignore[attr-defined]
    example.make_voice = BeepVoice  # type: ignore[attr-defined]
    example.serve()
