"""Files are read under any name, pipes too, and what a file says never reaches the network."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path

import av
import numpy as np
import pytest
from timed_films import Track, click_times_s, clicks, write_timed

from vasa_avatar.appearance.tracking.film import open_film
from vasa_avatar.errors import AudioError, PortraitError
from vasa_avatar.media import read_audio
from vasa_avatar.media.input_file import open_media

NAMES = [
    "2026-01-26T20:57:04Z", "12:30", "concat:a|b", "pipe:0", "data:,x", "a%03d", "-i", "what?#1",
    "*", "file:a", "crypto+file:a", "subfile,,start,1,end,2,,:a", "https:", "fd:", "a b\n", "ü…",
    os.fsdecode(b"\xff\xfe"),
]  # fmt: skip


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film with a second of clicks."""
    track = Track("aac", 48_000, [(0.0, clicks(1.0, 48_000))])
    return write_timed(tmp_path_factory.mktemp("film") / "a.mp4", [track], 0.0, n_pictures=25)


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_only_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, film: Path, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    content = film.read_bytes()
    Path(f"{name}.mp4").write_bytes(content)
    assert len(click_times_s(read_audio(f"{name}.mp4").pcm_i16, 48_000)) == 4
    assert len(list(open_film(f"{name}.mp4").frames())) == 25


def test_a_numbered_picture_is_not_a_row_of_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import cv2

    monkeypatch.chdir(tmp_path)
    for name, grey in (("a%d.png", 10), ("a0.png", 100), ("a1.png", 200)):
        Path(name).write_bytes(cv2.imencode(".png", np.full((32, 32, 3), grey, np.uint8))[1])
    assert [round(float(frame.mean())) for frame in open_film("a%d.png").frames()] == [10]


def test_sound_comes_through_a_pipe(tmp_path: Path, film: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(film.read_bytes(),))
    writer.start()
    sound = read_audio(tmp_path / "pipe")
    writer.join()
    assert np.array_equal(sound.pcm_i16, read_audio(film).pcm_i16)


def test_a_film_from_a_pipe_and_a_folder_are_refused_by_name(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(PortraitError, match="pipe is a pipe or a device; expected a film's file"):
        open_film(tmp_path / "pipe")
    with pytest.raises(PortraitError, match="is a folder; expected a film's file"):
        open_film(tmp_path)
    with pytest.raises(AudioError, match="cannot be read as sound .*Is a directory"):
        read_audio(tmp_path)


def test_a_list_that_names_the_network_is_not_followed(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/a.ts"
        listing = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{url}\n#EXT-X-ENDLIST\n"
        (tmp_path / "a.m3u8").write_text(listing)
        with pytest.raises((av.FFmpegError, OSError)), open_media(tmp_path / "a.m3u8") as container:
            next(container.demux())
        with pytest.raises(BlockingIOError):
            listening.accept()


def test_a_sound_files_cover_is_not_its_film(tmp_path: Path) -> None:
    """Its time 0 would shift the sound."""
    import cv2

    from vasa_avatar.media.input_file import picture_stream

    pcm = clicks(1.0, 44_100)
    plain = write_timed(tmp_path / "plain.mp3", [Track("libmp3lame", 44_100, [(0.0, pcm)])])
    png = cv2.imencode(".png", np.zeros((32, 32, 3), np.uint8))[1].tobytes()
    body = b"\0image/png\0\x03\0" + png
    size = len(body)
    frame = b"APIC" + size.to_bytes(4, "big") + b"\0\0" + body
    n = len(frame)
    syncsafe = bytes([(n >> 21) & 127, (n >> 14) & 127, (n >> 7) & 127, n & 127])
    sound = plain.read_bytes()
    if sound.startswith(b"ID3"):
        skip = 10 + sum((sound[6 + i] & 127) << (7 * (3 - i)) for i in range(4))
        sound = sound[skip:]
    covered = tmp_path / "covered.mp3"
    covered.write_bytes(b"ID3\x03\0\0" + syncsafe + frame + sound)
    with open_media(covered) as container:
        assert container.streams.video and picture_stream(container) is None
    assert np.array_equal(read_audio(covered).pcm_i16, read_audio(plain).pcm_i16)
