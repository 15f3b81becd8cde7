"""What people are told when they first meet a character: that they talk with a machine."""

from __future__ import annotations

from vasa_avatar.profiles.profile import CharacterProfile

_NOTICES = {
    "en": "You are talking with an AI. Its face and voice are made by a computer.",
    "de": "Sie sprechen mit einer KI. Gesicht und Stimme macht ein Computer.",
    "fr": "Vous parlez avec une IA. Son visage et sa voix sont créés par un ordinateur.",
    "es": "Está hablando con una IA. Su cara y su voz las crea un ordenador.",
    "it": "Sta parlando con un'IA. Il volto e la voce sono creati da un computer.",
    "nl": "U praat met een AI. Gezicht en stem worden door een computer gemaakt.",
}
"""by language; others get the English one"""


def notice_of(profile: CharacterProfile | None) -> str:
    """The notice for a first interaction, to be spoken or shown before anything else.

    Args:
        profile: of the character; None for a face without one.

    Returns:
        The profile's own words (`disclosure.notice`), else a sentence in its language. Empty where
        the profile shows no label: it then states how people are told otherwise.
    """
    if profile is None:
        return _NOTICES["en"]
    if not profile.disclosure.shown:
        return ""
    language = profile.language.partition("-")[0].lower()
    return profile.disclosure.notice.strip() or _NOTICES.get(language, _NOTICES["en"])
