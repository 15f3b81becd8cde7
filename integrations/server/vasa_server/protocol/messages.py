"""The JSON messages of the protocol, both ways, as frozen models; version 1.

A message is one JSON object in one WebSocket text message; `type` says which. Unknown keys are
refused, so that a misspelt key is an error and not a silence. Angles are degrees out here, as in
profiles and on the command line; sample indices count on the session's one clock.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from vasa_avatar.control_settings import ControlSettings as ControlSettings  # of the protocol
from vasa_avatar.controls import CONTROLS, EMOTION_STRENGTH, ControlSpec
from vasa_avatar.datatypes import ARKIT_NAMES

VERSION = 1
SUBPROTOCOL = "vasa.v1"
TOKEN_SUBPROTOCOL_PREFIX = "vasa.token."
"""A browser cannot set headers on a WebSocket; it offers the token as a second subprotocol."""

ErrorCode: TypeAlias = Literal[
    "bad_message",  # not JSON, not an object, an unknown type, a wrong field
    "bad_media",  # a binary message whose header or length is wrong
    "not_open",  # needs an open character first
    "already_open",  # one character a connection; close it first
    "unknown_character",
    "unsupported",  # a codec, rate, size or frame rate that this server does not offer
    "busy",  # all sessions are taken
    "too_much_pending",  # more speech waits than the limit allows
    "voice_failed",  # the text could not be spoken
    "face_failed",  # our own fault; the session is closed
    "shutting_down",
]

State: TypeAlias = Literal["idle", "listening", "thinking"]
SpeechSource: TypeAlias = Literal["burst", "realtime"]
Codec: TypeAlias = Literal["jpeg", "h264", "motion"]
"""motion: no pictures, the client draws the face from the character's `.vface` file"""
_Id: TypeAlias = Annotated[int, Field(ge=0, le=2**53)]


class Message(BaseModel):
    """Base of everything on the wire: immutable, strict about keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Request(Message):
    """Base of what a client sends; `id` comes back as `reply_to` in the answer."""

    id: _Id | None = None


class Open(Request):
    """Bring a character to life on this connection."""

    type: Literal["open"] = "open"
    character: str = Field(min_length=1, max_length=64)
    sample_rate_hz: int = Field(default=24_000, ge=8_000, le=96_000)
    fps: int = 25
    size_px: int = Field(default=512, ge=128, le=1024)
    codec: Codec = "jpeg"
    quality: int = Field(default=80, ge=30, le=95)
    source: SpeechSource = "burst"
    """burst: speech runs ahead of playback (TTS, files); realtime: a live microphone."""
    leaps: bool = False
    """The viewer leaves out silence before an utterance as soon as its first sound is there; the
    server's clock then does the same. Without it, idle frames that are ahead delay the answer."""
    frames_per_message: int = Field(default=1, ge=1, le=8)
    """With the codec motion: so many frames of speech may come together, as one sound and one
    motion, as much further ahead of what is heard. The server then does with less."""
    seed: int = Field(default=0, ge=0, lt=2**32)
    controls: ControlSettings | None = None
    resume: str = Field(default="", max_length=300)
    """of an `opened` whose connection broke: its seat is kept for a while"""


class Say(Request):
    """Speak text in the character's voice, after what is already waiting."""

    type: Literal["say"] = "say"
    text: str = Field(min_length=1, max_length=100_000)


class Flush(Request):
    """The pushed speech is complete; the mouth comes to rest after its last sample."""

    type: Literal["flush"] = "flush"


class Interrupt(Request):
    """Barge-in: forget all speech that is waiting, and close the mouth."""

    type: Literal["interrupt"] = "interrupt"


class SetControls(Request):
    """Steer gaze, head, emotion and gains; changes are blended over time."""

    type: Literal["set_controls"] = "set_controls"
    controls: ControlSettings


class Feel(Request):
    """Let the face feel something: it comes, stays a while and goes, and the mood is back."""

    type: Literal["feel"] = "feel"
    label: str = Field(min_length=1, max_length=60)
    """of the character, or a common one such as joy or curiosity"""
    strength: float = Field(default=1.0, ge=0.0, le=1.0)


class SetState(Request):
    """How the face behaves while it does not speak."""

    type: Literal["set_state"] = "set_state"
    state: State


class Playhead(Request):
    """What the viewer hears now; lets the server thin pictures for a far or slow viewer."""

    type: Literal["playhead"] = "playhead"
    sample: int = Field(ge=0, le=2**53)


class GetStats(Request):
    """Ask for the session's figures."""

    type: Literal["get_stats"] = "get_stats"


class Close(Request):
    """Leave the character; the connection stays and may open another."""

    type: Literal["close"] = "close"


ClientMessage: TypeAlias = Annotated[
    Open | Say | Flush | Interrupt | SetControls | Feel | SetState | Playhead | GetStats | Close,
    Field(discriminator="type"),
]


class CharacterInfo(Message):
    """A character on offer."""

    id: str
    name: str
    description: str = ""
    greeting: str = ""
    portrait: str = ""
    """data: address of a small JPEG, or empty"""
    origin: str = ""
    """who or what the portrait shows, e.g. "synthetic person"; for the note on the page"""
    face: str = ""
    """address of its `.vface` file, relative to the page's; empty when there is none"""
    labels: tuple[str, ...] = ()
    """of feelings that are this character's own; `feel` takes them, and `say` as `[label]`"""
    label: str = "AI"
    """what tells viewers that the face is made; empty: nothing is shown"""


class Reply(Message):
    """Base of what the server sends; keys that a newer server adds are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    reply_to: _Id | None = None


def _known_controls(value: object) -> object:
    if not isinstance(value, dict):
        return value
    return {name: item for name, item in value.items() if name in ControlSettings.model_fields}


_ControlsNow: TypeAlias = Annotated[ControlSettings, BeforeValidator(_known_controls)]
"""of a reply: a control that a newer server adds is ignored, too"""


class Welcome(Reply):
    """The first message on a connection."""

    type: Literal["welcome"] = "welcome"
    protocol: int = VERSION
    server: str
    characters: tuple[CharacterInfo, ...]
    emotions: tuple[str, ...]
    controls: tuple[ControlSpec, ...] = CONTROLS
    """what can be steered, how far and in which unit; a page builds its sliders from it"""
    emotion_strength: ControlSpec = EMOTION_STRENGTH
    codecs: tuple[Codec, ...]
    coefficients: tuple[str, ...] = ARKIT_NAMES
    """names of what `motion` carries, in its order"""
    fps: tuple[int, ...]
    voice: bool
    """True when `say` works"""
    max_text_chars: int
    max_message_bytes: int
    max_pending_speech_s: float


class Opened(Reply):
    """The character lives; pictures follow."""

    type: Literal["opened"] = "opened"
    character: str
    sample_rate_hz: int
    fps: int
    size_px: int
    codec: Codec
    controls: _ControlsNow
    generation: int
    resume: str = ""
    """shown with `open` when this connection breaks; signed by the server"""


class Accepted(Reply):
    """Speech was taken as utterance number `utterance`."""

    type: Literal["accepted"] = "accepted"
    utterance: int


class UtteranceStarted(Reply):
    """The first sample of an utterance has the index `sample`."""

    type: Literal["utterance_started"] = "utterance_started"
    utterance: int
    sample: int
    generation: int


class UtteranceEnded(Reply):
    """An utterance is over: `sample` is the index after its last sample."""

    type: Literal["utterance_ended"] = "utterance_ended"
    utterance: int
    sample: int
    generation: int
    interrupted: bool = False


class Sentence(Reply):
    """The sentence `text` of an utterance begins at `sample`: a caption."""

    type: Literal["sentence"] = "sentence"
    utterance: int
    sample: int
    generation: int
    text: str


class Interrupted(Reply):
    """Media of an older generation is stale: throw it away and show what comes next at once."""

    type: Literal["interrupted"] = "interrupted"
    generation: int
    sample: int
    """index of the first sample of the new generation"""


class ControlsSet(Reply):
    """All controls as they now are (the face blends towards them)."""

    type: Literal["controls"] = "controls"
    controls: _ControlsNow


class Felt(Reply):
    """The feeling has begun."""

    type: Literal["felt"] = "felt"
    label: str


class StateSet(Reply):
    """The state of the face while it does not speak."""

    type: Literal["state"] = "state"
    state: State


class Stats(Reply):
    """Figures of one session since it was opened."""

    type: Literal["stats"] = "stats"
    uptime_s: float
    sample: int
    """index after the last sample given out"""
    pictures_drawn: int
    pictures_sent: int
    pictures_dropped: int
    speech_samples_in: int
    speech_samples_out: int
    pending_speech_s: float
    late_pictures: int
    """not drawn, so that the sound stays in time"""
    held_frames: int
    """not drawn, because the face failed"""
    stalls: int
    """times that the session was over half a second behind and its clock was set anew"""
    motion_ms_p50: float
    render_ms_p50: float
    render_ms_p95: float
    encode_ms_p50: float
    first_frame_ms: float | None = None
    """last utterance: from its first sample or text to its first picture leaving the worker"""
    lead_ms: float
    """how far ahead of real time the last frame was given out"""
    bytes_sent: int
    sessions: int
    loop_lag_ms_p99: float
    loop_lag_ms_max: float


class Closed(Reply):
    """The character is gone; no more media follows."""

    type: Literal["closed"] = "closed"
    reason: str = ""


class Error(Reply):
    """Something was refused or failed; `fatal` means that the connection closes."""

    type: Literal["error"] = "error"
    code: ErrorCode
    message: str
    fatal: bool = False


ServerMessage: TypeAlias = Annotated[
    Welcome
    | Opened
    | Accepted
    | UtteranceStarted
    | UtteranceEnded
    | Sentence
    | Interrupted
    | ControlsSet
    | Felt
    | StateSet
    | Stats
    | Closed
    | Error,
    Field(discriminator="type"),
]

_CLIENT: TypeAdapter[Any] = TypeAdapter(ClientMessage)
_SERVER: TypeAdapter[Any] = TypeAdapter(ServerMessage)


class BadMessage(ValueError):
    """A text message that is not in the protocol; `reply_to` is its id if it had a usable one."""

    def __init__(self, message: str, reply_to: int | None = None) -> None:
        super().__init__(message)
        self.reply_to = reply_to


class UnknownType(BadMessage):
    """A message of a type that this version does not know; a client goes on."""


class _OnlyId(BaseModel):
    id: _Id | None = None


def _explain(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"])[:80]
    what = str(first["msg"]).removeprefix("Value error, ")
    return f"{where}: {what}" if where else what


def parse_request(text: str) -> Request:
    """One client message.

    Raises:
        BadMessage: not JSON, or not a message of this protocol.
    """
    try:
        message: Request = _CLIENT.validate_json(text)
    except (ValidationError, RecursionError) as error:
        detail = _explain(error) if isinstance(error, ValidationError) else "nested too deeply"
        raise BadMessage(detail, _id_in(text)) from error
    return message


def _id_in(text: str) -> int | None:
    """The id of a message that is refused, so that whoever waits for its answer gets one."""
    try:
        return _OnlyId.model_validate_json(text).id
    except (ValidationError, RecursionError):
        return None


def parse_reply(text: str) -> Reply:
    """One server message, for clients.

    Raises:
        UnknownType: of a type that only newer servers send.
        BadMessage: not JSON, or not a message of this protocol.
    """
    try:
        message: Reply = _SERVER.validate_json(text)
    except ValidationError as error:
        kind = UnknownType if error.errors()[0]["type"] == "union_tag_invalid" else BadMessage
        raise kind(_explain(error)) from error
    return message


def to_json(message: Message) -> str:
    """The text that goes over the wire; fields that are None are left out."""
    return message.model_dump_json(exclude_none=True)
