"""A LiveKit agent with a face, without keys: it says what you write.

    livekit-server --dev                       # or any LiveKit server; see its own documents
    python examples/livekit_agent.py start     # in another terminal

The server's address and keys are taken from LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET;
without them, those of a development server on this machine. What you should see, with any LiveKit
client that joins a room: Iris looks at you, says that she is an AI, and greets you; what you write
in the room's chat she says; while you talk she listens and nods, and she falls silent when you cut
in. An attribute `emotion`, such as "happy", of the person who joined steers her face.

For a real conversation give AgentSession your own `stt`, `llm` and `tts`; the face needs no change.
"""

from __future__ import annotations

import os
from contextlib import suppress

from livekit import rtc
from livekit.agents import Agent, AgentServer, AgentSession, JobContext, JobProcess, cli, inference
from livekit.agents.voice.room_io import RoomOptions, TextInputEvent, TextInputOptions
from livekit.plugins import vasa

from vasa_avatar import load_character
from vasa_avatar.profiles import notice_of

for name, value in (
    ("LIVEKIT_URL", "ws://127.0.0.1:7880"),
    ("LIVEKIT_API_KEY", "devkey"),
    ("LIVEKIT_API_SECRET", "secret"),
):
    os.environ.setdefault(name, value)

server = AgentServer()


def prepare(process: JobProcess) -> None:
    """Load what is heavy before a call comes."""
    process.userdata["character"] = iris = load_character("iris")
    process.userdata["voice"] = vasa.HibariTTS(iris.profile.voice.style())
    vasa.tune_interpreter()


server.setup_fnc = prepare


@server.rtc_session()
async def answer(ctx: JobContext) -> None:
    """One room, one agent, one face."""
    character = ctx.proc.userdata["character"]
    session = AgentSession[None](tts=ctx.proc.userdata["voice"], vad=inference.VAD())
    avatar = vasa.AvatarSession(character)
    await avatar.start(session, room=ctx.room)

    def feel(changed: dict[str, str], participant: rtc.Participant) -> None:
        if "emotion" in changed:
            with suppress(ValueError):  # no such emotion
                avatar.set_emotion(changed["emotion"])

    ctx.room.on("participant_attributes_changed", feel)
    written = RoomOptions(text_input=TextInputOptions(text_input_cb=say_it))
    await session.start(Agent(instructions=""), room=ctx.room, room_options=written)
    # Who tells people elsewhere that this is an AI leaves the notice out.
    greeting = character.profile.greeting or "Hello there. Write to me, and I will say it."
    session.say(f"{notice_of(character.profile)} {greeting}".strip())


async def say_it(session: AgentSession[None], event: TextInputEvent) -> None:
    """What is written is said, at once."""
    await session.interrupt()
    session.say(event.text)


if __name__ == "__main__":
    cli.run_app(server)
