"""What all sessions of one process share: the avatar, warmed up, and the threads that render.

Load it before the pipeline starts: Pipecat gives a processor 20 seconds to set up, and a first
picture compiles code.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from pipecat_vasa.spans import bake_span
from vasa_avatar.browser import DrawnElsewhere, vface_bytes
from vasa_avatar.datatypes import Controls
from vasa_avatar.performance_style import PerformanceStyle
from vasa_avatar.session import FaceStream, Turns, shared_turns

if TYPE_CHECKING:
    from vasa_avatar import Avatar, CharacterProfile

SESSION_RATE_HZ = 24_000
_WARM_UP_FRAMES = 8
_MOST_WAITING = 64  # threads; one a session, all but a few of them wait for their turn
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """What an engine needs to know to open a session."""

    sample_rate_hz: int
    fps: int
    realtime: bool
    """speech comes as fast as it is heard"""
    controls: Controls
    seed: int
    language: str | None = None
    """of the words, as a tag such as "en" or "pt-BR"; None: the character's own"""
    style: PerformanceStyle | None = None
    """how the character performs by nature; None: as its profile says"""
    is_drawn: bool = True
    """False: the caller draws; the session is asked for motion only"""


class VasaEngine:
    """One loaded avatar and threads that render it, shared by any number of services."""

    def __init__(
        self,
        open_session: Callable[[SessionOptions], FaceStream],
        *,
        size_px: int = 512,
        fps: int = 25,
        threads: int | None = None,
        profile: CharacterProfile | None = None,
        make_face_file: Callable[[], bytes] | None = None,
    ) -> None:
        """Take a way to open sessions; `load` is the usual way to get an engine.

        Args:
            open_session: opens a session; must be cheap, everything heavy being loaded.
            size_px: edge length of the square frames that the sessions render.
            fps: frames per second, 25 or 30.
            threads: how many frames are rendered at once. None leaves one core to the event
                loop and shares the others among all engines and sessions of the process.
            profile: whose manner services start with.
            make_face_file: makes the `.vface` file of the face that is seen.
        """
        self.size_px = size_px
        self.fps = fps
        self.profile = profile
        self.open_session = open_session
        self._turns = shared_turns() if threads is None else Turns(threads, threads)
        self._pool = ThreadPoolExecutor(_MOST_WAITING, thread_name_prefix="vasa-render")
        self._still_rgb: bytes | None = None
        self._make_face_file = make_face_file
        self._face_file: bytes | None = None

    @classmethod
    def load(
        cls,
        character: str | Path | Avatar,
        *,
        size_px: int = 512,
        fps: int = 25,
        threads: int | None = None,
    ) -> VasaEngine:
        """Load a character, ready to render.

        Args:
            character: the id of a character, a portrait, a baked avatar (.npz), or an Avatar.
            size_px: edge length of the frames.
            fps: frames per second.
            threads: see the constructor.

        Raises:
            VasaError: there is no such character, or its picture cannot become an avatar.
        """
        from vasa_avatar.session import character_stream

        with bake_span():
            avatar, profile = _avatar_of(character)

        def open_session(options: SessionOptions) -> FaceStream:
            return character_stream(
                avatar,
                profile,
                sample_rate_hz=options.sample_rate_hz,
                fps=options.fps,
                size_px=size_px,
                realtime=options.realtime,
                controls=options.controls,
                seed=options.seed,
                language=options.language,
                style=options.style,
                renderer=None if options.is_drawn else DrawnElsewhere(size_px),
            )

        def make_face_file() -> bytes:
            name = profile.name if profile else ""
            is_synthetic = profile.source.synthetic if profile else False
            return vface_bytes(avatar, name, is_synthetic=is_synthetic)

        engine = cls(
            open_session, size_px=size_px, fps=fps, threads=threads, profile=profile,
            make_face_file=make_face_file,
        )  # fmt: skip
        engine.warm_up()
        return engine

    def now_s(self) -> float:
        """The clock of the threads that render."""
        return time.monotonic()

    def submit(self, work: Callable[[], T], left_s: float) -> Future[T]:
        """Compute in a thread, when its turn comes.

        Args:
            work: renders one frame.
            left_s: in how many seconds it has to be ready; what is due first goes first.
        """
        due_s = self.now_s() + left_s

        def in_turn() -> T:
            with self._turns.turn(due_s - self.now_s()):
                return work()

        return self._pool.submit(in_turn)

    @property
    def still_rgb(self) -> bytes:
        """The resting portrait, shown when rendering fails; (size, size, 3) RGB."""
        if self._still_rgb is None:
            self.warm_up()
        assert self._still_rgb is not None
        return self._still_rgb

    @property
    def face_file(self) -> bytes:
        """The `.vface` file for clients that draw; made on first use, in about a second."""
        if self._face_file is None:
            if self._make_face_file is None:
                raise ValueError("this engine has no avatar; give it make_face_file")
            self._face_file = self._make_face_file()
        return self._face_file

    def warm_up(self) -> None:
        """Render a few frames, so that the first live one is not slow."""
        options = SessionOptions(SESSION_RATE_HZ, self.fps, False, Controls(), seed=0)
        session = self.open_session(options)
        still = session.render(session.idle_motion()).frame_rgb
        if still.shape != (self.size_px, self.size_px, 3) or still.dtype != np.uint8:
            raise ValueError(
                f"the renderer gives {still.dtype} {still.shape}; "
                f"expected uint8 ({self.size_px}, {self.size_px}, 3)"
            )
        self._still_rgb = still.tobytes()
        rng = np.random.default_rng(0)
        n_samples = SESSION_RATE_HZ * _WARM_UP_FRAMES // self.fps
        session.push((rng.standard_normal(n_samples) * 2000).astype(np.int16))
        session.flush()
        for frame in session.pull_motion():
            session.render(frame)

    def close(self) -> None:
        """Give the threads back; a frame that is being rendered is not waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _avatar_of(character: str | Path | Avatar) -> tuple[Avatar, CharacterProfile | None]:
    from vasa_avatar.appearance import cached_avatar, load_avatar, load_character

    if not isinstance(character, str | Path):
        return character, None
    path = Path(character)
    if path.suffix == ".npz":
        return load_avatar(path), None
    if path.suffix:
        return cached_avatar(path), None
    known = load_character(character)
    return known.avatar, known.profile
