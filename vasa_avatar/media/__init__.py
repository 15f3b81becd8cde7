"""Sound and video files: read any sound, write mp4, webm or PNGs."""

from vasa_avatar.media.audio_file import Sound, read_audio
from vasa_avatar.media.frame_sink import ClosingSink, FrameSink, check_sink, open_sink
from vasa_avatar.media.input_file import open_media, picture_stream, start_s
from vasa_avatar.media.opus import opus_webm
from vasa_avatar.media.picture_folder import our_names
from vasa_avatar.media.synthetic_note import SYNTHETIC_NOTE
from vasa_avatar.media.video_format import VideoFormat, is_video_name

__all__ = [
    "SYNTHETIC_NOTE",
    "ClosingSink",
    "FrameSink",
    "Sound",
    "VideoFormat",
    "check_sink",
    "is_video_name",
    "open_media",
    "open_sink",
    "opus_webm",
    "our_names",
    "picture_stream",
    "read_audio",
    "start_s",
]
