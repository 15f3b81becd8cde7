"""The studio's socket: what the page asks is done on a draft, one thing after another.

Requests are JSON with `type` and `id`; the answer carries it as `reply_to`. A file comes as
`{"type": "file", "name", "size"}`, then its bytes in binary messages. Steps of a bake are told as
they begin (`{"type": "step"}`).
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from websockets.asyncio.server import ServerConnection

from vasa_avatar.datatypes import EMOTIONS
from vasa_avatar.errors import PortraitError, VasaError
from vasa_avatar.profiles import common_labels, list_profiles
from vasa_server.studio.draft_source import DraftSource
from vasa_server.studio.workshop import Workshop

log = logging.getLogger(__name__)
MOST_FILE_BYTES = 48 << 20
_MOST_AUTHORS = 8
_ENDINGS = (".png", ".charx", ".json")
Handler = Callable[[Mapping[str, Any]], Any]


class StudioRefusal(Exception):
    """A request that is answered with an error."""


class Studio:
    """The annex of a server; see `vasa_server.host.server.Annex`."""

    def __init__(self, source: DraftSource, root: Path | None = None, first: str = "") -> None:
        """Nobody is here yet.

        Args:
            source: where the server finds the drafts.
            root: where characters are saved; the user's own folder when None.
            first: id or path of the character that a page begins with; empty: none.
        """
        self._source, self._root, self._first = source, root, first
        self._numbers = itertools.count(1)
        self._n_authors = 0
        folder = files("vasa_server").joinpath("studio", "page")
        self.files = {f"/{entry.name}": entry.read_bytes() for entry in folder.iterdir()}
        self.files["/studio"] = self.files["/studio.html"]

    async def serve(self, socket: ServerConnection) -> None:
        """Serve one page until it leaves."""
        if self._n_authors >= _MOST_AUTHORS:
            await socket.close(1013, f"{_MOST_AUTHORS} pages are open already; close one")
            return
        self._n_authors += 1
        desk = _Desk(socket, self._source, Workshop(self._root), next(self._numbers), self._first)
        try:
            await desk.run()
        finally:
            self._n_authors -= 1
            desk.clear()


class _Desk:
    """One author's page."""

    def __init__(
        self,
        socket: ServerConnection,
        source: DraftSource,
        workshop: Workshop,
        number: int,
        first: str,
    ) -> None:
        self._socket, self._source, self._workshop = socket, source, workshop
        self._first = first
        self._slots = {"now": f"draft{number}_now", "then": f"draft{number}_then"}
        self._handlers: dict[str, Handler] = {
            "open": self._open, "portrait": self._look, "points": self._points,
            "bake": self._bake, "set": self._set, "keep": self._keep, "save": self._save,
            "export": self._export,
        }  # fmt: skip

    async def run(self) -> None:
        """Answer until the page leaves."""
        await self._tell(
            {
                "type": "welcome",
                "slots": self._slots,
                "emotions": EMOTIONS,
                "labels": common_labels(),
                "characters": await asyncio.to_thread(_characters),
                "first": self._first,
            }
        )
        async for message in self._socket:
            request = _parsed(message)
            if request is None:
                await self._tell({"type": "error", "message": "expected a JSON object with a type"})
                continue
            await self._answer(request)

    def clear(self) -> None:
        """The page has left."""
        for slot in self._slots.values():
            self._source.drop(slot)
        self._workshop.close()

    async def _answer(self, request: dict[str, Any]) -> None:
        kind = request["type"]
        try:
            if kind == "file":
                result = await self._take_file(request)
            elif kind in self._handlers:
                result = await asyncio.to_thread(self._handlers[kind], request)
            else:
                raise StudioRefusal(f"there is no request {kind!r:.40}")
        except (StudioRefusal, VasaError, OSError, KeyError, TypeError, ValueError) as problem:
            if not isinstance(problem, StudioRefusal | VasaError | OSError):
                log.info("a request of the studio's page was wrong", exc_info=True)
            result = {"type": "error", "message": str(problem)[:500]}
            if isinstance(problem, PortraitError):
                result["reason"] = problem.reason
        body = result.pop("body", None)
        await self._tell({**result, "reply_to": request.get("id")})
        if body is not None:
            await self._socket.send(body)

    async def _tell(self, message: Mapping[str, Any]) -> None:
        await self._socket.send(json.dumps(message))

    # -- requests ------------------------------------------------------------------------------

    async def _take_file(self, request: Mapping[str, Any]) -> dict[str, Any]:
        size = int(request["size"])
        if not 0 < size <= MOST_FILE_BYTES:
            raise StudioRefusal(f"the file has {size} bytes; expected 1 to {MOST_FILE_BYTES}")
        parts: list[bytes] = []
        while (came := sum(map(len, parts))) < size:
            part = await self._socket.recv()
            if not isinstance(part, bytes) or came + len(part) > size:
                raise StudioRefusal("the file did not come whole; drop it again")
            parts.append(part)
        name = Path(str(request["name"])[-120:]).name or "portrait.png"
        content = b"".join(parts)
        if request.get("only_portrait"):
            await asyncio.to_thread(self._workshop.take_portrait, name, content)
            return self._draft([])
        notes = await asyncio.to_thread(self._workshop.take_file, name, content)
        return self._draft(notes)

    def _open(self, request: Mapping[str, Any]) -> dict[str, Any]:
        self._workshop.take_saved(str(request["character"]))
        return self._draft([])

    def _look(self, request: Mapping[str, Any]) -> dict[str, Any]:
        return {"type": "portrait", **self._workshop.look()}

    def _points(self, request: Mapping[str, Any]) -> dict[str, Any]:
        self._workshop.set_points(dict(request["marks"]))
        return {"type": "points"}

    def _bake(self, request: Mapping[str, Any]) -> dict[str, Any]:
        loop_told = self._step_teller(request["loop"])
        self._workshop.bake(loop_told)
        avatar = self._workshop.avatar
        assert avatar is not None
        return {"type": "baked", "warnings": list(avatar.warnings), "is_open": self._show("now")}

    def _set(self, request: Mapping[str, Any]) -> dict[str, Any]:
        faults, is_new = self._workshop.set_data(dict(request["data"]))
        is_open = not faults and self._show("now")
        return {"type": "checked", "faults": faults, "is_new": is_new, "is_open": is_open}

    def _keep(self, request: Mapping[str, Any]) -> dict[str, Any]:
        if not self._show("then"):
            raise StudioRefusal("there is no face yet that could be kept")
        return {"type": "kept"}

    def _save(self, request: Mapping[str, Any]) -> dict[str, Any]:
        return {"type": "saved", "folder": str(self._workshop.save())}

    def _export(self, request: Mapping[str, Any]) -> dict[str, Any]:
        ending = str(request["ending"])
        if ending not in _ENDINGS:
            raise StudioRefusal(f"a card ends in {', '.join(_ENDINGS)}, not in {ending!r:.20}")
        body = self._workshop.export(ending)
        name = f"{self._workshop.data['id']}{ending}"
        return {"type": "exported", "name": name, "size": len(body), "body": body}

    # -- inside --------------------------------------------------------------------------------

    def _draft(self, notes: list[str]) -> dict[str, Any]:
        workshop = self._workshop
        faults = workshop.check()
        saved = None if workshop.saved_in is None else str(workshop.saved_in)
        return {
            "type": "draft", "data": workshop.data, "notes": notes, "faults": faults,
            "saved_in": saved,
        }  # fmt: skip

    def _show(self, slot: str) -> bool:
        """Put the draft where the server finds it; False while it lacks something."""
        workshop = self._workshop
        if workshop.profile is None or workshop.avatar is None:
            return False
        self._source.put(self._slots[slot], workshop.profile, workshop.framed_avatar())
        return True

    def _step_teller(self, loop: asyncio.AbstractEventLoop) -> Callable[[str], None]:
        def say(step: str) -> None:
            telling = self._tell({"type": "step", "text": step})
            asyncio.run_coroutine_threadsafe(telling, loop)

        return say


def _parsed(message: str | bytes) -> dict[str, Any] | None:
    """A request, with the loop that answers it; None for what is none."""
    try:
        request = json.loads(message) if isinstance(message, str) else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(request, dict) or not isinstance(request.get("type"), str):
        return None
    return {**request, "loop": asyncio.get_running_loop()}


def _characters() -> list[dict[str, str]]:
    try:
        return [{"id": profile.id, "name": profile.name} for profile in list_profiles()]
    except VasaError as problem:
        log.warning("the characters here cannot be listed: %s", problem)
        return []
