"""Speaks one sentence for each line of JSON on its input; started by Pyttsx3TTSService."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

_TRIES = 3
_LONGEST_WRITE_S = 3.0
_HEADER_BYTES = 44  # of a WAV file without sound


def main() -> None:
    """Read orders until the input ends; only answers go to the output, whatever drivers print."""
    import pyttsx3

    answers, sys.stdout = sys.stdout, sys.stderr
    engine: Any = None
    for line in sys.stdin:
        try:
            if engine is None:
                engine = pyttsx3.init()
            _speak(engine, json.loads(line))
            answer: dict[str, str] = {}
        except Exception as problem:
            answer = {"error": f"{type(problem).__name__}: {problem}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _speak(engine: Any, order: dict[str, Any]) -> None:
    path = Path(order["path"])
    if order["voice"] is not None:
        engine.setProperty("voice", order["voice"])
    engine.setProperty("rate", order["rate"])
    for _ in range(_TRIES):  # espeak now and then leaves a file without sound
        engine.save_to_file(order["text"], str(path))
        engine.runAndWait()
        if _has_sound(path):
            return
    raise RuntimeError("no sound was written")


def _has_sound(path: Path) -> bool:
    """Whether there is sound in the file, or comes soon: macOS writes after runAndWait."""
    limit = time.monotonic() + _LONGEST_WRITE_S
    while not (path.exists() and path.stat().st_size > _HEADER_BYTES):
        if time.monotonic() > limit:
            return False
        time.sleep(0.01)
    return True


if __name__ == "__main__":
    main()
