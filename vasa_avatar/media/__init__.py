"""Sound and video files: read any sound, write mp4, webm or PNGs."""

from vasa_avatar.media.audio_file import Sound, read_audio
from vasa_avatar.media.video_file import ClosingSink, FrameSink, VideoFormat, check_name, open_sink

__all__ = [
    "ClosingSink",
    "FrameSink",
    "Sound",
    "VideoFormat",
    "check_name",
    "open_sink",
    "read_audio",
]
