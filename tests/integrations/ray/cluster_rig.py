"""A small cluster on this machine for a test: Ray, then the deployment by `serve run`."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import yaml

TESTS = Path(__file__).parents[2]
_PATHS = ("", "integrations/server", "integrations/ray")


class Cluster:
    """What runs, and what can be done to it from outside."""

    def __init__(self, folder: Path, ray_port: int, http_port: int) -> None:
        self._folder, self._ray_port, self.http_port = folder, ray_port, http_port
        self.url = f"ws://127.0.0.1:{http_port}/ws"
        self.log = folder / "serve.log"

    def serve(self, program: str, options: dict[str, Any], replicas: int) -> None:
        """`serve run` a config: at first, or another one in the place of the last."""
        scale = {"min_replicas": replicas, "max_replicas": replicas}
        application = {
            "name": "faces", "route_prefix": "/", "import_path": program, "args": options,
            "deployments": [{"name": "faces", "autoscaling_config": scale}],
        }  # fmt: skip
        config = {
            "http_options": {"host": "127.0.0.1", "port": self.http_port},
            "applications": [application],
        }
        path = self._folder / "config.yaml"
        path.write_text(yaml.safe_dump(config))
        with self.log.open("a") as log:
            subprocess.run(
                [_command("serve"), "run", f"--address=127.0.0.1:{self._ray_port}",
                 "--non-blocking", str(path)],
                env=environment(self._folder), check=True, stdout=log, stderr=log, timeout=120,
            )  # fmt: skip

    def who_opened(self) -> list[int]:
        """Process ids of the replicas that opened a face since the last call."""
        found = []
        for note in self._folder.glob("opened-*"):
            found.append(int(note.name.partition("-")[2]))
            note.unlink()
        return found

    def replicas(self) -> list[int]:
        """Their process ids, the oldest first."""
        return sorted(
            pid for pid, title in processes_of(self._folder).items()
            if title.startswith(("ray::ServeReplica", "ray::SERVE_REPLICA"))
        )  # fmt: skip

    def is_ready(self) -> bool:
        """Whether a replica answers."""
        try:
            address = f"http://127.0.0.1:{self.http_port}/readyz"
            with urllib.request.urlopen(address, timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def end(self) -> None:
        """What is left of it."""
        for pid in processes_of(self._folder):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def processes_of(folder: Path) -> dict[int, str]:
    """Ids and titles of the processes of a cluster."""
    mark, found = f"VASA_TEST_CLUSTER={folder}".encode(), {}
    for entry in Path("/proc").iterdir():
        try:
            if mark in (entry / "environ").read_bytes().split(b"\0"):
                found[int(entry.name)] = (entry / "cmdline").read_bytes().decode(errors="replace")
        except (OSError, ValueError):  # it has ended, or is none
            continue
    return found


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """Ray on free ports, with little memory and no dashboard; everything ends with it."""
    ray_port, http_port = _free_port(), _free_port()
    with ExitStack() as stack:
        log = stack.enter_context((folder / "ray.log").open("w"))
        head = subprocess.Popen(
            [_command("ray"), "start", "--head", f"--port={ray_port}", "--num-cpus=4", "--block",
             "--object-store-memory=100000000", "--include-dashboard=false",
             "--disable-usage-stats", f"--temp-dir={folder}"],
            env=environment(folder), stdout=log, stderr=log,
        )  # fmt: skip
        made = Cluster(folder, ray_port, http_port)
        stack.callback(head.wait)
        stack.callback(made.end)
        until(lambda: head.poll() is None and _listens(ray_port), 60)
        yield made


def until(is_true: Callable[[], bool], seconds: float) -> None:
    """Wait for what other processes bring about."""
    deadline_s = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > deadline_s:
            raise TimeoutError(f"it did not come about in {seconds:g} s")
        time.sleep(0.1)


def environment(folder: Path) -> dict[str, str]:
    """Of all processes of a cluster; the folder tells them apart from others'."""
    path = os.pathsep.join(str(TESTS / part) for part in _PATHS)
    return {**os.environ, "PYTHONPATH": path, "VASA_TEST_CLUSTER": str(folder),
            "RAY_AUTH_MODE": "disabled"}  # fmt: skip


def _command(name: str) -> str:
    return str(Path(sys.executable).parent / name)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
