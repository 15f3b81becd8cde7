"""The oldest versions that pyproject.toml allows, as pip takes them: one pin a line.

python .ci/oldest.py [extra...]
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

PROJECT = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]


def oldest(requirement: str) -> str:
    """`numba>=0.61.2,<1` to `numba==0.61.2`."""
    found = re.match(r"([\w.-]+(?:\[[\w,]+\])?)>=([\w.]+)", requirement)
    assert found, f"{requirement} says no oldest version; expected NAME>=VERSION"
    return f"{found[1]}=={found[2]}"


extras = PROJECT["optional-dependencies"]
for requirement in PROJECT["dependencies"] + sum((extras[name] for name in sys.argv[1:]), []):
    print(oldest(requirement))
