"""The browser page's files, read once; path in, HTTP status, headers and body out. No I/O later."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import PurePosixPath

from vasa_avatar.browser import face_module_files

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_SAFETY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self)",
    "Cache-Control": "no-cache",
}


@dataclass(frozen=True, slots=True)
class Page:
    """One answer."""

    status: int
    headers: dict[str, str]
    body: bytes


class PageFiles:
    """All files of the page, by path."""

    def __init__(self, more: Mapping[str, bytes] | None = None) -> None:
        """Read them; `more` are further ones by their paths."""
        self._pages: dict[str, Page] = {}
        for entry in files("vasa_server").joinpath("page").iterdir():
            suffix = PurePosixPath(entry.name).suffix
            if suffix in _TYPES:
                self._pages["/" + entry.name] = _page(entry.read_bytes(), _TYPES[suffix])
        for path, body in face_module_files():
            self._pages["/vasa-face/" + path] = _page(body, _TYPES[".js"])
        self._pages["/"] = self._pages["/index.html"]
        self._pages["/verify"] = self._pages["/verify.html"]
        for path, body in (more or {}).items():
            self._pages[path] = _page(body, _TYPES[PurePosixPath(path).suffix or ".html"])

    def get(self, path: str, etag: str | None) -> Page:
        """The answer to GET `path`; 304 when `etag` is what the client has already."""
        page = self._pages.get(path)
        if page is None:
            return plain(404, "there is no such page; / is the page, /ws the WebSocket\n")
        return _unless_known(page, etag)


def face_page(body: bytes, etag: str | None) -> Page:
    """The answer to a request for a `.vface` file; 304 when the client has it already."""
    return _unless_known(_page(body, "application/octet-stream"), etag)


def _unless_known(page: Page, etag: str | None) -> Page:
    if etag is not None and etag == page.headers["ETag"]:
        return Page(304, {**page.headers, "Content-Length": "0"}, b"")
    return page


def _page(body: bytes, content_type: str) -> Page:
    headers = {
        "Content-Type": content_type,
        "Content-Length": str(len(body)),
        "ETag": f'"{hashlib.sha256(body).hexdigest()[:20]}"',
        **_SAFETY_HEADERS,
    }
    return Page(200, headers, body)


def plain(status: int, text: str) -> Page:
    """An answer in one line of text."""
    body = text.encode()
    headers = {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": str(len(body)),
        **_SAFETY_HEADERS,
    }
    return Page(status, headers, body)


def moved(path: str) -> Page:
    """The answer to a request that belongs to another path of this server."""
    page = plain(308, f"{path} is the page\n")
    return Page(308, {**page.headers, "Location": path}, page.body)
