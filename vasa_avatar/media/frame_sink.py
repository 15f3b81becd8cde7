"""Where frames and their sound go: a film or a folder of PNGs, whole or not at all."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from vasa_avatar.datatypes import I16, U8
from vasa_avatar.media.picture_folder import PictureFolder, PngWriter, check_picture_folder
from vasa_avatar.media.video_file import VideoFile
from vasa_avatar.media.video_format import VideoFormat, is_video_name
from vasa_avatar.output_file import OutputFile, check_output_file, named_after


class FrameSink(Protocol):
    """Takes pictures and sound in order; nothing is complete before `close`."""

    def write(self, frame_rgb: U8, pcm_i16: I16) -> None:
        """Add one picture and the sound under it.

        Args:
            frame_rgb: (H, W, 3) uint8.
            pcm_i16: (N,) mono samples; may be empty.
        """
        ...

    def close(self) -> None:
        """Write what is still buffered and finish the file."""
        ...


def open_sink(path: str | Path, video_format: VideoFormat) -> ClosingSink:
    """A sink for `path`, by its ending: mp4, mov, m4v, webm, or none for a folder of PNGs.

    Use it in a `with` statement. What stood at `path` stays until the block has ended well; when
    it fails, nothing new is left.

    Raises:
        ValueError: an ending that stands for no known format.
        OSError: nothing can be written there.
    """
    path = Path(path)
    output: OutputFile | PictureFolder
    output = OutputFile(path) if is_video_name(path) else PictureFolder(path)
    try:
        with _naming(path):
            sink: FrameSink
            if isinstance(output, OutputFile):
                sink = VideoFile(output.part, video_format)
            else:
                sink = PngWriter(output.part, video_format.sample_rate_hz)
    except BaseException:
        output.discard()
        raise
    return ClosingSink(sink, output)


def check_sink(path: str | Path) -> None:
    """Whether `open_sink` can write there, as far as can be told before.

    Raises:
        ValueError: an ending that stands for no known format.
        OSError: something is in the way.
    """
    path = Path(path)
    if is_video_name(path):
        check_output_file(path)
    else:
        check_picture_folder(path)


class ClosingSink:
    """A sink that puts the file in its place, or cleans up, at the end of a `with` block."""

    def __init__(self, sink: FrameSink, output: OutputFile | PictureFolder) -> None:
        self._sink = sink
        self._output = output

    def __enter__(self) -> Self:
        return self

    def write(self, frame_rgb: U8, pcm_i16: I16) -> None:
        """Add one picture and the sound under it; see `FrameSink.write`.

        Raises:
            OSError: it cannot be written; the error names the file that was asked for.
        """
        with _naming(self._output.path):
            self._sink.write(frame_rgb, pcm_i16)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                with _naming(self._output.path):
                    self._sink.close()
                self._output.commit()
            else:
                with contextlib.suppress(Exception):  # the first problem is the one to tell
                    self._sink.close()
        finally:
            self._output.discard()


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """What goes wrong is said about the file that was asked for, not about its part."""
    import av

    try:
        yield
    except OSError as problem:
        raise named_after(path, problem) from problem
    except av.FFmpegError as problem:
        raise OSError(f"{path} could not be written ({problem.strerror})") from problem
