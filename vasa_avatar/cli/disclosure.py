"""How a film of the command line says that it is synthetic: label, mark, signature."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from vasa_avatar import __version__

if TYPE_CHECKING:
    from vasa_avatar.profiles import CharacterProfile
    from vasa_avatar.safety import FilmLabel, MarkPayload, Statement


def film_mark(issuer: str, profile: CharacterProfile | None) -> MarkPayload:
    """What the mark says."""
    from vasa_avatar.safety import FILM, NO_LABEL, MarkPayload, issuer_number

    is_shown = profile is None or profile.disclosure.shown
    return MarkPayload(issuer_number(issuer), FILM if is_shown else FILM | NO_LABEL)


def film_label(profile: CharacterProfile | None) -> FilmLabel | None:
    """The visible label; None where the profile switches it off with a reason."""
    from vasa_avatar.safety import FilmLabel

    if profile is None:
        return FilmLabel()
    disclosure = profile.disclosure
    return FilmLabel(disclosure.label, disclosure.place) if disclosure.shown else None


def film_signing(arguments: argparse.Namespace) -> Callable[[], None]:
    """What signs the film once it is written; all that can go wrong before goes wrong now.

    Raises:
        ProvenanceError: the file cannot carry a signature, or the package for it is missing.
        UsageError: `--sign` names something other than a certificate and a key.
        OSError: they cannot be read, or the machine's own cannot be kept.
    """
    from vasa_avatar.cli.app import UsageError
    from vasa_avatar.cli.faces import named_profile
    from vasa_avatar.errors import ProvenanceError
    from vasa_avatar.folders import user_data_folder
    from vasa_avatar.safety import check_can_sign, machine_identity, read_identity, sign_file

    out = Path(arguments.out)
    check_can_sign(out)
    if arguments.sign:
        certificates, _, key = arguments.sign.partition(",")
        if not key:
            raise UsageError(f"--sign {arguments.sign}: expected CERT,KEY, two PEM files")
        identity = read_identity(Path(certificates), Path(key))
    else:
        folder = user_data_folder()
        if folder is None:
            raise ProvenanceError("no home to keep an identity in; give --sign CERT,KEY")
        identity = machine_identity(folder)
    statement = _statement(named_profile(arguments), arguments.portrait)
    return partial(sign_file, out, identity, statement)


def _statement(profile: CharacterProfile | None, portrait: str | None) -> Statement:
    from vasa_avatar.safety import Statement

    program = f"vasa_avatar {__version__}"
    label = film_label(profile)
    text = label.text if label else ""
    if profile is None:
        assert portrait is not None
        return Statement(program, _sha256(Path(portrait)), label=text)
    source = profile.source
    return Statement(
        program,
        _sha256(Path(profile.portrait)) if profile.portrait else "",
        source.synthetic,
        source.licence,
        bool(source.consent.strip()),
        text,
        "" if profile.disclosure.shown else profile.disclosure.reason,
    )


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
