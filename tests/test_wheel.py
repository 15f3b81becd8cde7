"""The wheel that is built: what is in it, and that it runs where no sources are."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
USE = """
import livekit.plugins.vasa, pipecat_vasa, vasa_avatar, vasa_server
from vasa_avatar.motion import load_speech_model
load_speech_model("network")
print(vasa_avatar.__file__)
print(vasa_avatar.load_character("iris").profile.name)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built here, without a network: the build tool is one of the test packages."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def contents(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def shipped(folder: Path, under: str) -> set[str]:
    """Files of a folder of the sources, as the wheel names them."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        f"{under}/{path.relative_to(folder).as_posix()}"
        for path in files
        if "__pycache__" not in path.parts
    }


def test_training_and_tests_stay_behind(contents: set[str]) -> None:
    parts = {name.split("/")[0] for name in contents if ".dist-info/" not in name}
    assert parts == {"livekit", "pipecat_vasa", "vasa_avatar", "vasa_ray", "vasa_server"}
    assert not [name for name in contents if "training" in name.split("/")]
    livekits = [name for name in contents if name.startswith("livekit/")]
    assert all(name.startswith("livekit/plugins/vasa/") for name in livekits)  # its other parts


def test_weights_characters_and_page_are_inside(contents: set[str]) -> None:
    for folder, under in (
        (ROOT / "vasa_avatar" / "weights", "vasa_avatar/weights"),
        (ROOT / "character_profiles", "vasa_avatar/character_profiles"),
        (ROOT / "integrations" / "server" / "vasa_server" / "page", "vasa_server/page"),
        (ROOT / "web" / "vasa-face", "vasa_avatar/vasa-face"),
    ):
        wanted = shipped(folder, under)
        assert len(wanted) > 5
        assert wanted <= contents
    assert "vasa_avatar/py.typed" in contents


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of commands of an environment with the wheel; what it depends on is lent by ours."""
    home = tmp_path_factory.mktemp("installed") / "venv"
    venv.create(home, with_pip=False)
    commands = home / ("Scripts" if os.name == "nt" else "bin")
    python = commands / Path(sys.executable).name
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check"]
    install = [*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (package,) = home.rglob("vasa_avatar/__init__.py")
    lent = sysconfig.get_paths()["purelib"]
    (package.parents[1] / "lent.pth").write_text(lent)  # comes after the environment's own
    return commands


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run away from the sources."""
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_it_works_where_no_sources_are(installed: Path, tmp_path: Path) -> None:
    python = str(installed / Path(sys.executable).name)
    done = run([python, "-W", "ignore", "-c", USE], tmp_path)
    assert done.returncode == 0, done.stderr
    where, character = done.stdout.splitlines()[-2:]
    assert Path(where).is_relative_to(installed.parent)
    assert character == "Iris"
    program = str(installed / "vasa-avatar")
    assert run([program, "--version"], tmp_path).stdout.startswith("vasa-avatar ")
    assert "iris" in run([program, "profile", "list"], tmp_path).stdout


@pytest.mark.slow
def test_bench_lipsync_says_that_it_needs_the_sources(installed: Path, tmp_path: Path) -> None:
    done = run([str(installed / "vasa-avatar"), "bench", "lipsync"], tmp_path)
    assert done.returncode == 2
    assert "run it in a checkout of the sources" in done.stderr
    assert done.stderr.count("\n") == 1
