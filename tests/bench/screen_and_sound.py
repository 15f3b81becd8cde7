"""What really comes out of a browser: a screen that is watched and a sound card that is heard.

The screen is Xvfb's, the sound card PulseAudio's null sink; both are read from outside the browser
and noted on one clock. What this measuring itself adds is found by playing a film whose flashes and
beeps are known to coincide (`write_flashing_film`), in the same browser on the same machine.
Needs, on Debian: apt-get install chromium xvfb pulseaudio pulseaudio-utils
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from vasa_avatar.datatypes import I16

RATE_HZ = 48_000
FPS = 25
EDGE_PX = 800
BEEP_EVERY_S, BEEP_AT_S, BEEP_S = 0.84, 0.4, 0.2
"""21 pictures, and 50.4 refreshes of a screen at 60 Hz: all their phases come up alike"""
_LOUD = 1500
_BRIGHT = 128
_QUIET_SAMPLES = RATE_HZ // 10
_FAR_S = 0.38  # a flash further from a beep belongs to another one
_LOOK_EVERY_S = 0.002
_Z_PIXMAP = 2
_PACKAGES = {"Xvfb": "xvfb", "pulseaudio": "pulseaudio", "parec": "pulseaudio-utils"}
"""commands and the Debian packages that bring them"""


class MachineError(RuntimeError):
    """This machine's screen or sound card cannot be had."""


@dataclass(frozen=True, slots=True)
class Outlets:
    """Where a browser has to send its picture and its sound."""

    display: str
    pulse_server: str

    @property
    def environment(self) -> dict[str, str]:
        """For the browser's process."""
        return {**os.environ, "DISPLAY": self.display, "PULSE_SERVER": self.pulse_server}


def missing_packages() -> list[str]:
    """The Debian packages that this machine lacks."""
    missing = [package for command, package in _PACKAGES.items() if not shutil.which(command)]
    try:
        _load_x11()
    except OSError:
        missing.append("libx11-6")
    return missing


@contextmanager
def screen_and_sound_card(number: int = 77) -> Iterator[Outlets]:
    """A screen and a sound card of our own."""
    with tempfile.TemporaryDirectory() as folder:
        socket = Path(folder) / "pulse"
        protocol = f"module-native-protocol-unix auth-anonymous=1 socket={socket}"
        commands = (
            ["Xvfb", f":{number}", "-screen", "0", f"{EDGE_PX}x{EDGE_PX}x24"],
            ["pulseaudio", "-n", "--exit-idle-time=-1",
             "-L", f"module-null-sink sink_name=out rate={RATE_HZ}", "-L", protocol],
        )  # fmt: skip
        started = [subprocess.Popen(command, stderr=subprocess.DEVNULL) for command in commands]
        try:
            time.sleep(2.0)
            for process, command in zip(started, commands, strict=True):
                if process.poll() is not None:
                    raise MachineError(f"{' '.join(command)} ended at once; does it run already?")
            yield Outlets(f":{number}", f"unix:{socket}")
        finally:
            for process in started:
                process.kill()
                process.wait()


class Ear(threading.Thread):
    """Notes when beeps begin."""

    def __init__(self, outlets: Outlets) -> None:
        super().__init__(daemon=True)
        self.beeps_s: list[float] = []
        command = ["parec", "-d", "out.monitor", "--raw", f"--rate={RATE_HZ}", "--channels=1",
                   "--format=s16le", "--latency-msec=5"]  # fmt: skip
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, env=outlets.environment)
        self._n_heard, self._n_quiet = 0, _QUIET_SAMPLES
        self._origins_s: deque[float] = deque(maxlen=400)
        self.start()

    def run(self) -> None:
        """Until the recorder ends."""
        assert self._process.stdout is not None
        pipe, rest = self._process.stdout.fileno(), b""
        while came := os.read(pipe, 65_536):
            now_s = time.monotonic()
            data = rest + came
            whole = len(data) // 2 * 2
            rest = data[whole:]
            self._hear(np.frombuffer(data[:whole], np.int16), now_s)

    def close(self) -> None:
        """Stop listening."""
        self._process.kill()
        self._process.wait()

    def _hear(self, pcm_i16: I16, now_s: float) -> None:
        first = self._n_heard
        self._n_heard += len(pcm_i16)
        # The piece that came with the least delay tells when the recording began.
        self._origins_s.append(now_s - self._n_heard / RATE_HZ)
        last = -1
        for place in np.flatnonzero(np.abs(pcm_i16.astype(int)) > _LOUD):
            quiet = place - last - 1 if last >= 0 else self._n_quiet + place
            if quiet >= _QUIET_SAMPLES:
                self.beeps_s.append(min(self._origins_s) + (first + place) / RATE_HZ)
            last = int(place)
        self._n_quiet = len(pcm_i16) - 1 - last if last >= 0 else self._n_quiet + len(pcm_i16)


class Eye(threading.Thread):
    """Notes when one pixel of the screen becomes bright."""

    def __init__(self, outlets: Outlets) -> None:
        super().__init__(daemon=True)
        self.place_px = (EDGE_PX // 2, EDGE_PX // 2)
        self.flashes_s: list[float] = []
        self._x11 = _load_x11()
        self._display = self._x11.XOpenDisplay(outlets.display.encode())
        self._root = self._x11.XDefaultRootWindow(self._display)
        self._is_closing = False
        self.start()

    def run(self) -> None:
        """Until closed."""
        was_bright, before_s = True, time.monotonic()
        while not self._is_closing:
            is_bright, now_s = self._green() > _BRIGHT, time.monotonic()
            if is_bright and not was_bright:
                self.flashes_s.append((before_s + now_s) / 2)
            was_bright, before_s = is_bright, now_s
            time.sleep(_LOOK_EVERY_S)

    def close(self) -> None:
        """Stop looking."""
        self._is_closing = True
        self.join()

    def _green(self) -> int:
        left, top = self.place_px
        image = self._x11.XGetImage(
            self._display, self._root, left, top, 1, 1, 0xFFFFFFFF, _Z_PIXMAP
        )
        pixel = int(self._x11.XGetPixel(image, 0, 0))
        self._x11.XDestroyImage(image)
        return pixel >> 8 & 255


def _load_x11() -> ctypes.CDLL:
    x11 = ctypes.CDLL("libX11.so.6")
    pointer, whole, size = ctypes.c_void_p, ctypes.c_int, ctypes.c_uint
    x11.XOpenDisplay.restype = pointer
    x11.XDefaultRootWindow.argtypes, x11.XDefaultRootWindow.restype = [pointer], ctypes.c_ulong
    x11.XGetImage.argtypes = [
        pointer, ctypes.c_ulong, whole, whole, size, size, ctypes.c_ulong, whole
    ]  # fmt: skip
    x11.XGetImage.restype = pointer
    x11.XGetPixel.argtypes, x11.XGetPixel.restype = [pointer, whole, whole], ctypes.c_ulong
    x11.XDestroyImage.argtypes = [pointer]
    return x11


def skews_ms(ear: Ear, eye: Eye, since_s: float) -> list[float]:
    """Flash against beep for each beep since a moment, + = the picture is late."""
    flashes_s = list(eye.flashes_s)
    found: list[float] = []
    for beep_s in list(ear.beeps_s):
        if beep_s > since_s and flashes_s:
            apart_s = min((flash_s - beep_s for flash_s in flashes_s), key=abs)
            if abs(apart_s) < _FAR_S:
                found.append(1000 * apart_s)
    return found


def beeps(seconds: float, rate_hz: int = RATE_HZ) -> I16:
    """A 600 Hz tone that begins where video frames begin."""
    at_s = np.arange(round(seconds * rate_hz)) / rate_hz
    is_on = (at_s % BEEP_EVERY_S >= BEEP_AT_S) & (at_s % BEEP_EVERY_S < BEEP_AT_S + BEEP_S)
    return (9000 * np.sin(2 * np.pi * 600 * at_s) * is_on).astype(np.int16)


def write_flashing_film(path: Path, seconds: float, edge_px: int = 512) -> None:
    """A film that is white while it beeps: VP8 and Opus."""
    pcm, samples = beeps(seconds), RATE_HZ // FPS
    with av.open(str(path), "w") as film:
        video = film.add_stream("libvpx", rate=FPS, options={"deadline": "realtime"})
        video.width = video.height = edge_px
        audio = film.add_stream("libopus", rate=RATE_HZ, layout="mono")
        for number in range(round(seconds * FPS)):
            part = pcm[number * samples : (number + 1) * samples]
            grey = 235 if np.abs(part).max() > _LOUD else 16
            picture = np.full((edge_px, edge_px, 3), grey, np.uint8)
            image = av.VideoFrame.from_ndarray(picture, format="rgb24")
            image.pts, image.time_base = number, Fraction(1, FPS)
            film.mux(video.encode(image))
            for half in (0, 1):  # Opus takes 20 ms
                piece = part[half * samples // 2 : (half + 1) * samples // 2]
                sound = av.AudioFrame.from_ndarray(piece[None], format="s16", layout="mono")
                sound.sample_rate, sound.time_base = RATE_HZ, Fraction(1, RATE_HZ)
                sound.pts = number * samples + half * samples // 2
                film.mux(audio.encode(sound))
        film.mux(video.encode(None))
        film.mux(audio.encode(None))
