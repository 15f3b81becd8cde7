"""The module's own tests, by Node's runner; and that the package holds what it should."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from web_rig import MODULE

from vasa_avatar import load_character
from vasa_avatar.browser import vface_bytes

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="needs Node 20 or later")


def test_the_modules_own_tests_pass(tmp_path: Path) -> None:
    face = tmp_path / "iris.vface"
    face.write_bytes(vface_bytes(load_character("iris").avatar, "Iris"))
    command = ["node", "--test", "test/"]
    environment = {**os.environ, "VFACE": str(face)}
    done = subprocess.run(command, cwd=MODULE, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert "# skipped 0" in done.stdout


@pytest.mark.skipif(shutil.which("npm") is None, reason="needs npm")
def test_the_package_holds_what_it_should(tmp_path: Path) -> None:
    command = ["npm", "pack", "--dry-run", "--json", "--offline", "--cache", str(tmp_path)]
    done = subprocess.run(command, cwd=MODULE, capture_output=True, text=True, check=True)
    packed = {entry["path"] for entry in json.loads(done.stdout)[0]["files"]}
    sources = {path.relative_to(MODULE).as_posix() for path in MODULE.rglob("*.js")}
    wanted = {path for path in sources if not path.startswith("test/")}
    others = {"index.d.ts", "element.d.ts", "film.html", "README.md", "LICENSE", "package.json"}
    assert packed == wanted | others
