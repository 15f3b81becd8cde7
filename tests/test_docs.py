"""The documents name what is there: links, files, the glossary's words."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("vasa_avatar", "integrations")
DOCUMENTS = sorted(
    path
    for path in ROOT.rglob("*.md")
    if not {".venv", "node_modules"} & set(part for part in path.relative_to(ROOT).parts)
    and "build" not in path.relative_to(ROOT).parts
)
SOURCES = [
    path
    for top in (*PACKAGES, "web", "docs", "scripts", "examples", "tests")
    for path in (ROOT / top).rglob("*")
    if path.is_file() and "__pycache__" not in path.parts
]

each_document = pytest.mark.parametrize(
    "path", DOCUMENTS, ids=[str(path.relative_to(ROOT)) for path in DOCUMENTS]
)


@each_document
def test_links_lead_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"```.*?```|`[^`\n]+`", "", text, flags=re.DOTALL)  # code names the user's files
    links = re.findall(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"", text)
    local = [a or b for a, b in links if not (a or b).startswith(("http", "#"))]
    missing = [link for link in local if not (path.parent / link.partition("#")[0]).exists()]
    assert missing == []


@each_document
def test_files_that_are_named_exist(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    named = re.findall(r"`([\w./-]+\.(?:py|js|toml|json|npz|onnx))`", text)
    known = [f"/{source.relative_to(ROOT).as_posix()}" for source in (*SOURCES, *ROOT.glob("*.*"))]
    users_own = {"avatar.npz", "face.npz", "kokoro-quantized.onnx"}
    missing = [
        name
        for name in named
        if name not in users_own and not any(file.endswith(f"/{name}") for file in known)
    ]
    assert missing == []


@each_document
def test_commands_of_the_package_are_modules(path: Path) -> None:
    modules = re.findall(r"python -m (vasa_avatar[\w.]*)", path.read_text(encoding="utf-8"))
    assert [name for name in modules if find_spec(name.rstrip(".")) is None] == []


def test_the_glossary_has_only_words_that_the_code_uses() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = text.partition("\n## Words\n")[2]
    words = re.findall(r"^\| ([\w -]+) \| ", table, flags=re.MULTILINE)[1:]
    assert len(words) > 30 and words == sorted(words)
    code = "\n".join(
        source.read_text(encoding="utf-8").lower()
        for source in SOURCES
        if source.suffix == ".py" and source.relative_to(ROOT).parts[0] in PACKAGES
    )
    assert [word for word in words if word.lower() not in code] == []
