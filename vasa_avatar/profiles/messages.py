"""The persona as messages for a language model, in the form that chat models take."""

from __future__ import annotations

from typing import TypedDict

from vasa_avatar.profiles.profile import CharacterProfile

_OFFERED_LABELS = (
    "happy", "sad", "angry", "surprised", "amused", "curious", "sympathetic", "excited",
    "worried", "skeptical", "neutral",
)  # fmt: skip


class Message(TypedDict):
    """One message of a chat."""

    role: str
    """system, user or assistant"""
    content: str


def persona_messages(
    profile: CharacterProfile, user: str = "the user", *, tags: bool = False, greets: bool = False
) -> list[Message]:
    """What a language model is given before the conversation begins.

    Args:
        profile: whose persona it is.
        user: how the other one is called; stands where the persona says `{{user}}`.
        tags: tell the model how to show feelings: `[label]` before a sentence. For pipelines that
            take such tags out, as Pipecat's `EmotionTagProcessor` does.
        greets: end with the greeting, for a character who has already said it.

    Returns:
        One system message (none for an empty persona), the example dialogue, the greeting.
    """
    persona = profile.persona
    parts = [persona.system_prompt]
    if persona.speaking_style:
        parts.append(f"How you speak: {persona.speaking_style}")
    if tags:
        parts.append(_about_tags(profile))
    system = "\n\n".join(part.strip() for part in parts if part.strip())
    found: list[Message] = [{"role": "system", "content": system}] if system else []
    for exchange in persona.example_dialogue:
        found.append({"role": "user", "content": exchange.user})
        found.append({"role": "assistant", "content": exchange.character})
    if greets and profile.greeting:
        found.append({"role": "assistant", "content": profile.greeting.strip()})
    return [
        {"role": message["role"], "content": named(message["content"], profile.name, user)}
        for message in found
    ]


def greeting_of(profile: CharacterProfile, user: str = "you") -> str:
    """The first words, with the names in their places."""
    return named(profile.greeting.strip(), profile.name, user)


def named(text: str, character: str, user: str) -> str:
    """A text with the two names in their places."""
    for mark, name in (("{{char}}", character), ("{{user}}", user)):
        text = text.replace(mark, name).replace(mark.title(), name).replace(mark.upper(), name)
    return text


def _about_tags(profile: CharacterProfile) -> str:
    own = [name for name in profile.emotions.labels if " " not in name]
    labels = list(dict.fromkeys((*own, *_OFFERED_LABELS)))
    return (
        "Your face is seen. Where your feeling changes, put one word in square brackets before "
        f"the sentence; it is shown and not spoken. The words: {', '.join(labels)}. "
        "Most sentences need none."
    )
