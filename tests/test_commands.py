"""Commands that documents and docstrings show: the real parsers take them, and the README's run."""

from __future__ import annotations

import ast
import re
import shlex
import shutil
import tomllib
import wave
from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest
from snippets import DOCUMENTS, ROOT, fenced
from sounds import speech_like

from vasa_avatar.cli import main
from vasa_avatar.cli.app import build_parser
from vasa_avatar.datatypes import I16
from vasa_avatar.errors import ModelStoreError
from vasa_avatar.nets import ModelStore

EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
TARGETS = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
README_RUNS = ("render", "track", "sheet", "profile")
"""commands of the README that cost little; `bench`, `serve` and `demo` have tests of their own"""


def shown_commands(path: Path) -> Iterator[list[str]]:
    """Every command of a document's console blocks, as words, without the environment's folder."""
    for _, block in fenced(path, "console", "sh", "powershell"):
        for line in block.splitlines():
            for command in re.split(r"\s+#.*|\s+&&\s+", line):
                words = re.sub(r"^\.venv[/\\](?:bin|Scripts)[/\\]", "", command.strip())
                if words:
                    yield shlex.split(words.replace("\\", "/"))


def inline_commands(path: Path) -> Iterator[list[str]]:
    """`vasa-avatar …` within sentences, where it is written out."""
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for command in re.findall(r"`(?:\.venv/bin/)?(vasa-avatar [^`…]+)`", text):
        yield shlex.split(command)


def is_known(words: list[str]) -> bool:
    """Whether a command exists and takes these words; the program's own parser decides."""
    match words:
        case ["vasa-avatar", *rest]:
            try:
                build_parser().parse_args(rest)
            except SystemExit:
                return False
            return True
        case ["make", target, *_]:
            return target in TARGETS
        case ["pip", "install", *packages] | ["python", "-m", "pip", "install", *packages]:
            asked = re.findall(r"(?:vasa-avatar|\.)\[([\w,]+)\]", " ".join(packages))
            return all(extra in EXTRAS for names in asked for extra in names.split(","))
        case ["python", "-m", "pytest" | "venv" | "mypy" | "ruff", *_]:
            return True
        case ["python", script, *rest] if script.endswith(".py"):
            return (ROOT / script).is_file() and has_options(ROOT / script, rest)
        case ["python", "-m", module, *rest] if module.startswith("vasa_avatar."):
            path = ROOT / f"{module.replace('.', '/')}.py"
            return path.is_file() and has_options(path, rest)
        case ["py", "-m", "venv", ".venv"] | ["git", "clone", *_] | ["cd", _]:
            return True
        case ["export", setting] if setting.startswith("RAY_"):
            return True
        case ["serve", "run", "vasa_ray:app", *settings]:
            fields = (ROOT / "integrations/ray/vasa_ray/options.py").read_text(encoding="utf-8")
            named = (word.partition("=")[0] for word in settings if not word.startswith("--"))
            return all(f"    {name}:" in fields for name in named)
        case ["lint-imports"] | ["pre-commit", "install"]:
            return True
    return False


def has_options(script: Path, words: list[str]) -> bool:
    """Whether a script, with the files beside it that carry its name, knows every --option."""
    files = script.parent.glob(f"{script.stem}*.py")
    source = "".join(path.read_text(encoding="utf-8") for path in files)
    options = (re.match(r"\[?(--[\w-]+)", word) for word in words)
    return all(f'"{option[1]}"' in source for option in options if option)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_commands_of_documents_are_taken(path: Path) -> None:
    commands = [*shown_commands(path), *inline_commands(path)]
    assert [shlex.join(words) for words in commands if not is_known(words)] == []


def documented_scripts() -> list[Path]:
    folders = ("examples", "scripts", "tests/bench", "vasa_avatar/training")
    return [
        path
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
        if re.search(r"^ {4}python ", docstring(path), flags=re.MULTILINE)
    ]


def docstring(path: Path) -> str:
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""


@pytest.mark.parametrize(
    "path", documented_scripts(), ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_commands_of_docstrings_are_taken(path: Path) -> None:
    joined = docstring(path).replace("\\\n", " ")
    commands = re.findall(r"^ {4}python (.*)", joined, flags=re.MULTILINE)
    for command in commands:
        named, *words = [word for word in re.split(r"[\s\]\[]+", command) if word]
        if named == "-m":
            named = f"{words.pop(0).replace('.', '/')}.py"
        assert ROOT / named == path
        assert has_options(path, words), command


def test_a_command_that_is_wrong_is_noticed(capsys: pytest.CaptureFixture[str]) -> None:
    for wrong in (
        ["vasa-avatar", "render", "--portrait", "me.png", "--sound", "a.wav", "--out", "o.mp4"],
        ["make", "tests"],
        ["pip", "install", "vasa-avatar[pipcat]"],
        ["python", "examples/pipecat_bot.py", "--language-model"],
        ["python", "-m", "vasa_avatar.training.speech.train"],
        ["vasa_avatar"],
    ):
        assert not is_known(wrong), wrong
    capsys.readouterr()


@pytest.mark.slow
def test_the_readme_can_be_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The README's commands in its order, with a portrait, a sound and a film at hand."""
    try:
        ModelStore().path("face_landmarker")
    except ModelStoreError as error:
        pytest.skip(f"needs the landmark nets: {error}")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("vasa_avatar.profiles.library.user_data_folder", lambda: tmp_path / "home")
    monkeypatch.setattr("vasa_avatar.authoring.folder.user_data_folder", lambda: tmp_path / "home")
    shutil.copy(ROOT / "character_profiles" / "greta" / "portrait.png", "me.png")
    assert main(["profile", "export", "greta", "--out", "card.png"]) == 0
    assert main(["render", "--profile", "leo", "--text", "Hi there.", "--out", "film.mp4"]) == 0
    write_sound(Path("hello.wav"), speech_like(1.0, 24_000))
    ran = []
    for words in shown_commands(ROOT / "README.md"):
        if words[0] == "vasa-avatar" and words[1] in README_RUNS:
            assert main(words[1:]) == 0, (words, capsys.readouterr().err)
            ran += [Path(words[words.index("--out") + 1])] if "--out" in words else []
    assert {"hello.mp4", "leo.webm", "moves.npz", "iris.mp4", "sheet.png"} <= {p.name for p in ran}
    assert all(path.stat().st_size > 5_000 for path in ran)
    assert cv2.imread("still.png") is not None


def write_sound(path: Path, pcm_i16: I16) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(24_000)
        file.writeframes(pcm_i16.tobytes())
