"""The module's files as one script, for pages that carry everything with them.

Each file becomes a function that gives what it exports; an import takes it from there. It knows the
few forms of import and export that the module itself uses, and refuses others.
"""

from __future__ import annotations

import re
from pathlib import Path

_IMPORT = re.compile(r'^import \{([^}]*)\} from "(\./[\w./-]+\.js)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const) )", re.MULTILINE)
_NAME = re.compile(r"^export (?:async )?(?:function|class|const) (\w+)", re.MULTILINE)


def bundle(folder: Path, entry: str) -> str:
    """One script.

    Args:
        folder: of the module.
        entry: the file whose exports are wanted; they end up in `entry_exports`.

    Raises:
        ValueError: a file imports or exports in a form that is not known here.
    """
    done: dict[str, str] = {}
    _add(folder, entry, done)
    lines = ["const parts = {};", *done.values(), f'const entry_exports = parts["./{entry}"];']
    return "\n".join(lines)


def _add(folder: Path, name: str, done: dict[str, str]) -> None:
    """A file after all that it imports."""
    if name in done:
        return
    text = (folder / name).read_text(encoding="utf-8")
    for _, imported in _IMPORT.findall(text):
        _add(folder, imported.removeprefix("./"), done)
    exported = ", ".join(_NAME.findall(text))
    body = _IMPORT.sub(lambda found: _taken(found[1], found[2]), text)
    body = _EXPORT.sub("", body)
    if re.search(r"^(?:import|export)\b", body, re.MULTILINE):
        raise ValueError(f"{name} imports or exports in a form that cannot be bundled")
    done[name] = f'parts["./{name}"] = (() => {{\n{body}\nreturn {{ {exported} }};\n}})();'


def _taken(names: str, path: str) -> str:
    listed = " ".join(names.split()).rstrip(", ")
    return f'const {{ {listed} }} = parts["{path}"];'
