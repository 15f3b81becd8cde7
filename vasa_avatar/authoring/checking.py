"""Everything that is wrong in a character's folder, as far as it can be told without drawing."""

from __future__ import annotations

from pathlib import Path

from vasa_avatar.audio.hibari_voice import DEFAULT_SPEAKER
from vasa_avatar.authoring.exporting import kept_card
from vasa_avatar.errors import CardError, ProfileError
from vasa_avatar.profiles import OFFLINE_SERVICE as OFFLINE
from vasa_avatar.profiles import CharacterProfile, load_profile, locate_profile

_LEAST_EDGE_PX = 256


def faults_in(id_or_path: str | Path) -> list[str]:
    """One line per fault; empty for a character that can start a session."""
    try:
        profile = load_profile(id_or_path)
        file = locate_profile(id_or_path)
    except ProfileError as problem:
        return list(problem.faults)
    faults = [*_of_pictures(profile), *_of_voice(profile), *_of_persona(profile)]
    if file.parent.name != profile.id and not (file.parent / "portrait.png").is_symlink():
        faults.append(f"id: is {profile.id}, but its folder is {file.parent.name}; name both alike")
    try:
        kept_card(file.parent)
    except CardError as problem:
        faults.append(f"card: {problem}")
    return [fault if fault.startswith(str(file)) else f"{file}: {fault}" for fault in faults]


def _of_pictures(profile: CharacterProfile) -> list[str]:
    from PIL import Image, UnidentifiedImageError

    faults = []
    if not profile.portrait.is_file():
        faults.append(f"portrait: there is no picture {profile.portrait.name}")
    else:
        try:
            with Image.open(profile.portrait) as picture:
                if min(picture.size) < _LEAST_EDGE_PX:
                    faults.append(
                        f"portrait: {picture.size[0]} x {picture.size[1]} pixels; expected "
                        f"{_LEAST_EDGE_PX} at least, better 512"
                    )
        except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as problem:
            faults.append(f"portrait: {profile.portrait.name} is no picture ({problem})")
    if profile.avatar is not None and profile.avatar == profile.portrait:
        faults.append("avatar: is the portrait itself; name another file, such as avatar.npz")
    return faults


def _of_voice(profile: CharacterProfile) -> list[str]:
    voice = profile.voice
    if voice.service != OFFLINE:
        if voice.service not in voice.services:
            return [f"voice.service: is {voice.service}, which `services` does not describe"]
        return []
    if not profile.language.lower().startswith("en"):
        return [f"voice.service: {OFFLINE} speaks English, and language is {profile.language}"]
    if not voice.speaker.replace("_", "").isalnum():
        return [f"voice.speaker: is {voice.speaker!r}; expected a name such as {DEFAULT_SPEAKER}"]
    return []


def _of_persona(profile: CharacterProfile) -> list[str]:
    persona = profile.persona
    texts = [persona.system_prompt, persona.greeting, *persona.other_greetings]
    doubled = [text for text in texts if text.count("{{") != text.count("}}")]
    return [f"persona: {text[:40]!r} opens {{{{ and does not close it" for text in doubled]
