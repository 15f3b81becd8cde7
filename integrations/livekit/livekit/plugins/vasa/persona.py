"""A character's persona as what LiveKit's Agent is made of."""

from __future__ import annotations

from dataclasses import dataclass

from livekit.agents import ChatContext

from vasa_avatar import CharacterProfile, persona_messages


@dataclass(frozen=True, slots=True, eq=False)
class Persona:
    """For `Agent(instructions=persona.instructions, chat_ctx=persona.chat_ctx)`."""

    instructions: str
    """who the character is and how it speaks"""
    chat_ctx: ChatContext
    """its example dialogue, and the greeting where it has been said"""


def persona_of(
    profile: CharacterProfile, user: str = "the user", *, greets: bool = False
) -> Persona:
    """Who a character is, for a language model.

    Args:
        profile: of the character, such as `load_character("iris").profile`.
        user: how the other one is called.
        greets: the character has said its greeting already.
    """
    chat, instructions = ChatContext.empty(), ""
    for message in persona_messages(profile, user, greets=greets):
        if message["role"] == "system":
            instructions = message["content"]
        elif message["role"] == "user":
            chat.add_message(role="user", content=message["content"])
        else:
            chat.add_message(role="assistant", content=message["content"])
    return Persona(instructions, chat)
