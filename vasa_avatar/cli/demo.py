"""A shipped character greets you: in the browser, or as demo.mp4 where there is none."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

SUMMARY = "a shipped character speaks"
_DEFAULT_CHARACTER = "iris"
_MORE_TO_SAY = (
    "Every word comes from a small network on this machine, and every picture is drawn here too. "
    "Give me a portrait of your own, and it will talk just the same. Shall we begin?"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Who speaks, and where it goes."""
    parser.add_argument(
        "--profile", default=_DEFAULT_CHARACTER, metavar="ID", help="which character"
    )
    parser.add_argument("--headless", action="store_true", help="write a film, open nothing")
    parser.add_argument("--out", default="demo.mp4", metavar="O.mp4", help="the film (demo.mp4)")
    parser.add_argument("--port", type=int, default=8765, help="port of the page (8765)")


def run(arguments: argparse.Namespace) -> None:
    """Open the page, or write the film."""
    from vasa_avatar.cli.places import check_film, check_outputs

    if not arguments.headless and _has_browser():
        from vasa_avatar.cli.serve import import_server

        import_server().run_demo(arguments.profile, port=arguments.port, tell=print)
        return
    check_outputs(arguments, {}, {"out": "--out"})
    check_film(arguments.out)
    write_demo(arguments.profile, Path(arguments.out))


def write_demo(character: str, out: Path) -> None:
    """The character's greeting as a film."""
    from vasa_avatar.cli.faces import face_of
    from vasa_avatar.cli.render import Film, render_speech
    from vasa_avatar.cli.speech import speak_text
    from vasa_avatar.profiles import load_profile

    profile = load_profile(character)
    speech = speak_text(f"{profile.greeting} {_MORE_TO_SAY}", profile.voice.style())
    seconds = speech.sound.duration_s
    print(f"{profile.name} is speaking {seconds:.0f} seconds …")
    made = render_speech(face_of(profile), speech, Film(out), profile.controls())
    print(f"{out.resolve()}: {len(made)} frames, {seconds:.1f} s; open it in any player")


def _has_browser() -> bool:
    """Whether a page can be opened and somebody can see it."""
    import importlib.util
    import webbrowser

    if importlib.util.find_spec("vasa_server") is None:
        return False
    if sys.platform.startswith("linux") and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        return False
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True
