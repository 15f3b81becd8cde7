"""Sound and video files: read any sound, write mp4, webm or PNGs."""

from vasa_avatar.media.audio_file import Sound, read_audio
from vasa_avatar.media.film_file import FilmFile, open_film_file
from vasa_avatar.media.frame_sink import ClosingSink, FrameSink, check_sink, open_sink
from vasa_avatar.media.input_file import open_media
from vasa_avatar.media.opus import opus_webm
from vasa_avatar.media.picture_folder import our_names
from vasa_avatar.media.synthetic_note import SYNTHETIC_NOTE
from vasa_avatar.media.video_format import VideoFormat, is_video_name

__all__ = [
    "SYNTHETIC_NOTE",
    "ClosingSink",
    "FilmFile",
    "FrameSink",
    "Sound",
    "VideoFormat",
    "check_sink",
    "is_video_name",
    "open_film_file",
    "open_media",
    "open_sink",
    "opus_webm",
    "our_names",
    "read_audio",
]
