"""Who a character is in words: what a language model is told, and how the character begins."""

from __future__ import annotations

from pydantic import Field

from vasa_avatar.profiles.record import Record, Text


class Exchange(Record):
    """One turn of an example dialogue."""

    user: Text
    character: Text


class Persona(Record):
    """Words about the character and of the character.

    `{{char}}` and `{{user}}` in any of them stand for the two names.
    """

    system_prompt: Text = ""
    """what the language model is told about who it is"""
    speaking_style: Text = ""
    """how it talks: length, tone, habits"""
    greeting: Text = ""
    """the first words"""
    other_greetings: tuple[Text, ...] = Field(default=(), max_length=100)
    """first words to choose from instead"""
    example_dialogue: tuple[Exchange, ...] = Field(default=(), max_length=100)
    """how it answers"""
