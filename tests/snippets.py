"""The code that documents and docstrings show, as the tests run it.

In a document code stands between fences with a language; in a docstring it is the indented block
under a line that ends with `::`. A snippet belongs to the part that it imports, or to the package
whose docstring it stands in; each part's tests run all of its own, so a new one is never left out.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
DOCUMENTS = (
    *sorted(ROOT.glob("*.md")),
    *sorted(ROOT.glob("docs/**/*.md")),
    *sorted(ROOT.glob("integrations/*/*.md")),
)
PACKAGES = {
    "vasa_avatar": ROOT / "vasa_avatar",
    "pipecat_vasa": ROOT / "integrations" / "pipecat" / "pipecat_vasa",
    "vasa_server": ROOT / "integrations" / "server" / "vasa_server",
    "vasa_ray": ROOT / "integrations" / "ray" / "vasa_ray",
    "livekit": ROOT / "integrations" / "livekit" / "livekit",
}


@dataclass(frozen=True, slots=True)
class Snippet:
    """Some lines of code, and where they stand."""

    where: str
    part: str
    text: str

    def __str__(self) -> str:
        return self.where


def fenced(path: Path, *languages: str) -> list[tuple[int, str]]:
    """(line, text) of every block of a document in one of the languages."""
    text = path.read_text(encoding="utf-8")
    blocks = re.finditer(r"^```(\w*)\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)
    return [
        (text.count("\n", 0, block.start()) + 1, block[2])
        for block in blocks
        if block[1] in languages
    ]


def python_snippets(part: str) -> list[Snippet]:
    """All Python of a part, from documents and docstrings.

    Args:
        part: one of PACKAGES.
    """
    return [snippet for snippet in _all_python() if snippet.part == part]


def run_snippet(snippet: Snippet, names: dict[str, Any], text: str | None = None) -> Any:
    """Run it with the names that it takes for granted, which it may rebind.

    Args:
        snippet: what to run.
        names: what a reader would have already.
        text: run this instead, the snippet with an address replaced.

    Returns:
        A coroutine if the snippet awaits anything, else None.
    """
    code = compile(
        text or snippet.text, snippet.where, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    )
    made = eval(code, names)
    return made if inspect.iscoroutine(made) else None


def _all_python() -> Iterator[Snippet]:
    for path in DOCUMENTS:
        for line, text in fenced(path, "python"):
            imported = re.findall(r"^\s*(?:from|import) (\w+)", text, flags=re.MULTILINE)
            needed = ("pipecat_vasa" if name == "pipecat" else name for name in imported)
            part = next((name for name in needed if name in PACKAGES), "vasa_avatar")
            yield Snippet(f"{path.relative_to(ROOT).as_posix()}:{line}", part, text)
    for part, folder in PACKAGES.items():
        for path in sorted(folder.rglob("*.py")):
            for text in _docstring_examples(path):
                yield Snippet(path.relative_to(ROOT).as_posix(), part, text)


def _docstring_examples(path: Path) -> Iterator[str]:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        docstring = ast.get_docstring(node) if isinstance(node, documented) else None
        blocks = re.findall(r"::\n\n((?:(?: {4}.*)?(?:\n|$))+)", docstring or "")
        yield from map(textwrap.dedent, blocks)
