"""A performance on a thread of its own: commands in from any thread, cues out in order."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable

from vasa_avatar.datatypes import I16, Controls
from vasa_avatar.motion import Attention
from vasa_avatar.session import Turns, shared_turns
from vasa_server.show.performance import Performance

log = logging.getLogger(__name__)
_LONGEST_WAIT_S = 0.25


class Performer:
    """Runs one Performance. All methods may be called from any thread and return at once."""

    def __init__(
        self,
        performance: Performance,
        on_death: Callable[[BaseException], None],
        turns: Turns | None = None,
    ) -> None:
        """Start the thread.

        Args:
            performance: driven by this performer alone from now on.
            on_death: called on the thread should it fail; that is a bug of ours.
            turns: who may compute; shared by all of the process when None.
        """
        self.performance = performance
        self._turns = turns or shared_turns()
        self._on_death = on_death
        self._commands: deque[Callable[[], None]] = deque()
        self._changed = threading.Condition()
        self._is_closing = False
        self._thread = threading.Thread(target=self._run, name="vasa-performer", daemon=True)
        self._thread.start()

    def begin(self, number: int) -> None:
        """Queue an utterance."""
        came_s = time.monotonic()
        self._post(lambda: self.performance.begin(number, came_s))

    def append(self, number: int, pcm_i16: I16, sentence: str = "") -> None:
        """Add (N,) samples to an utterance, and the words that begin with them."""
        self._post(lambda: self.performance.append(number, pcm_i16, sentence))

    def complete(self, number: int) -> None:
        """The utterance has all its sound."""
        self._post(lambda: self.performance.complete(number))

    def interrupt(self, generation: int, request_id: int | None) -> None:
        """Barge-in."""
        self._post(lambda: self.performance.interrupt(generation, time.monotonic(), request_id))

    def set_controls(self, controls: Controls) -> None:
        """Steer the face."""
        self._post(lambda: self.performance.set_controls(controls))

    def attend(self, attention: Attention) -> None:
        """Idle, listening or thinking."""
        self._post(lambda: self.performance.attend(attention))

    def request_key(self) -> None:
        """The next picture must be decodable alone."""
        self.performance.wants_key = True

    def close(self) -> None:
        """Stop soon; the thread ends after the frame in hand."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread to end; True when it has."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _post(self, command: Callable[[], None]) -> None:
        with self._changed:
            self._commands.append(command)
            self._changed.notify()

    def _run(self) -> None:
        try:
            while not self._is_closing:
                with self._turns.turn(self.performance.pacer.lead_s(time.monotonic())):
                    while self._commands:
                        self._commands.popleft()()
                    wait_s = self.performance.step(time.monotonic())
                if wait_s > 0:
                    with self._changed:
                        if not self._commands and not self._is_closing:
                            self._changed.wait(min(wait_s, _LONGEST_WAIT_S))
        except BaseException as problem:  # a bug of ours: the session ends, the server lives
            log.exception("a performer died")
            self._on_death(problem)
        finally:
            self.performance.close()
