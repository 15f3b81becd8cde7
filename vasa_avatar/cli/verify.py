"""What a film or picture says about being synthetic: signature, mark, label and note."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vasa_avatar.safety import Verification

SUMMARY = "whether a film or picture carries signature, mark, label or note"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to look at, and how to tell."""
    parser.add_argument(
        "file", metavar="FILE", help="a film, a picture, a folder of them, or a URL on this machine"
    )
    parser.add_argument("--json", action="store_true", help="tell it as JSON")


def run(arguments: argparse.Namespace) -> None:
    """Look, and tell."""
    from vasa_avatar.safety import report_of, verify_file

    with ExitStack() as kept:
        named = str(arguments.file)
        path = Path(named)
        if named.startswith(("http://", "https://")):
            path = kept.enter_context(_fetched(named))
        found = [verify_file(each) for each in _files(path)]
    if arguments.json:
        print(json.dumps([report_of(each) for each in found], indent=2))
        return
    for each in found:
        print("\n".join(_lines(each)))


def _lines(found: Verification) -> list[str]:
    lines = [f"{found.path}"]
    signature = found.signature
    if found.signature_hint:
        lines.append(f"  signature  not looked at: {found.signature_hint}")
    elif signature is None:
        lines.append("  signature  none")
    elif signature.is_valid:
        trust = "a trusted signer" if signature.is_signer_trusted else "a signer nobody vouches for"
        lines.append(f"  signature  valid: unchanged since {signature.signer} signed it; {trust}")
    else:
        lines.append(f"  signature  INVALID: changed since it was signed ({signature.problems[0]})")
    if not found.marks:
        lines.append(f"  mark       none in {found.n_windows} stretches of 2 s or pictures")
    for span in found.marks:
        when = f"{span.start_s:.1f} to {span.end_s:.1f} s, " if found.kind == "film" else ""
        payload = span.reading.payload
        lines.append(
            f"  mark       {when}issuer {payload.issuer:06x}, flags {payload.flags}; "
            f"by chance less often than {found.false_alarm(span):.0e}"
        )
    lines.append(f"  label      {_label_words(found)}")
    lines.append(f"  note       {'says that it is synthetic' if found.has_note else 'none'}")
    return lines


def _label_words(found: Verification) -> str:
    label = found.label
    if label.place:
        words = f'"{label.said or "AI"}" seen {label.place}'
    elif label.said:
        words = f'"{label.said}" by the signature, not seen'
    else:
        words = "none seen"
    off = f"switched off{f' ({label.reason})' if label.reason else ''}"
    return f"{words}; {off}" if label.is_off else words


def _files(path: Path) -> list[Path]:
    """The file, the folder of frames, or the films and pictures in a folder."""
    from vasa_avatar.errors import ProvenanceError
    from vasa_avatar.media import our_names
    from vasa_avatar.safety import FILM_ENDINGS, PICTURE_ENDINGS

    if not path.is_dir() or any(name.suffix == ".png" for name in our_names(path)):
        return [path]
    wanted = (*FILM_ENDINGS, *PICTURE_ENDINGS)
    files = sorted(each for each in path.iterdir() if each.suffix.lower() in wanted)
    if not files:
        raise ProvenanceError(f"{path} holds no film or picture; expected {', '.join(wanted)}")
    return files


@contextmanager
def _fetched(url: str) -> Iterator[Path]:
    """A file of a server on this machine, for as long as the context lasts."""
    import shutil
    import tempfile
    import urllib.parse
    import urllib.request

    class OnlyHere(urllib.request.HTTPRedirectHandler):
        """Goes on to other addresses of this machine alone."""

        def redirect_request(self, *args: Any) -> urllib.request.Request | None:
            _check_is_here(args[-1])
            return super().redirect_request(*args)

    _check_is_here(url)
    here = urllib.request.build_opener(urllib.request.ProxyHandler({}), OnlyHere)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / (Path(urllib.parse.urlsplit(url).path).name or "film")
        with here.open(url) as answer, file.open("wb") as kept:
            shutil.copyfileobj(answer, kept)
        yield file


def _check_is_here(url: str) -> None:
    import urllib.parse

    from vasa_avatar.errors import ProvenanceError

    if urllib.parse.urlsplit(url).hostname not in ("localhost", "127.0.0.1", "::1"):
        raise ProvenanceError(f"{url} is not on this machine; save the file and give its name")
