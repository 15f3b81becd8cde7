"""Start a server from a command: preload, listen, open the page, stop cleanly on Ctrl-C."""

from __future__ import annotations

import asyncio
import logging
import secrets
import signal
import socket
import webbrowser
from collections.abc import Callable

from vasa_avatar.profiles import load_profile
from vasa_avatar.session import tune_interpreter
from vasa_server.host.limits import ServerOptions
from vasa_server.host.server import Annex, AvatarServer, page_url_of
from vasa_server.host.workers import Post, Workers, can_have_workers
from vasa_server.show.profile_source import ProfileSource

log = logging.getLogger(__name__)
Tell = Callable[[str], None]


def run_server(
    options: ServerOptions | None = None,
    *,
    source: ProfileSource | None = None,
    open_page: bool = False,
    page_query: str = "",
    first: str = "",
    workers: int = 1,
    tell: Tell = lambda line: None,
    annex: Annex | None = None,
    page_path: str = "",
) -> None:
    """Serve until interrupted (SIGINT, SIGTERM); then let speech under way end.

    Args:
        options: address and limits.
        source: where characters come from; all installed profiles when None.
        open_page: open the page in the default browser once it is there.
        page_query: what the opened page is told, such as "character=iris&greet=1".
        first: the character that is loaded before the others.
        workers: processes behind the port; more than one on Linux only, elsewhere one serves.
        tell: takes lines for the person who started this, such as `print`.
        annex: further pages.
        page_path: the page that is opened, when not the first.

    Raises:
        ProfileError, ValueError: no usable characters, or unsafe options.
        OSError: the port is taken.
    """
    chosen = source or ProfileSource()
    server = AvatarServer(chosen, options, annex=annex)
    if workers > 1 and can_have_workers():
        _serve_with_workers(server, chosen, workers, tell, open_page)
        return
    if workers > 1:
        tell(f"{workers} workers were asked for; more than one needs Linux, so one serves")
    tune_interpreter()
    asyncio.run(_serve(server, chosen, first, f"{page_path}?{page_query}", tell, open_page))


def run_demo(
    character: str = "iris",
    *,
    open_browser: bool = True,
    port: int = 8765,
    tell: Tell = lambda line: None,
) -> None:
    """Open the page with a character who greets the visitor; ends with Ctrl-C.

    Args:
        character: id of the profile.
        open_browser: False leaves it to the visitor to open the address that is told.
        port: of the loopback address; another one when it is taken.
        tell: takes lines for the visitor.

    Raises:
        ProfileError: no such character, or see `run_server`.
    """
    load_profile(character)
    source = ProfileSource()
    run_server(
        ServerOptions(port=port if _is_free(port) else 0),
        source=source,
        open_page=open_browser,
        page_query=f"character={character}&greet=1",
        first=character,
        tell=tell,
    )


async def _serve(
    server: AvatarServer,
    source: ProfileSource,
    first: str,
    page: str,
    tell: Tell,
    open_page: bool,
) -> None:
    stop = asyncio.Event()
    _stop_on_signals(stop)
    server.context.is_loading = True
    await server.start()
    try:
        page = _page_at(server.page_url, page)
        tell(f"vasa-avatar is at {page}")
        tell("Ctrl-C ends it.")
        if open_page and not await server.context.in_worker(webbrowser.open, page):
            tell("no browser could be opened; open the address yourself")
        preload = asyncio.create_task(_preload(server, source, first))
        await stop.wait()
        preload.cancel()
        tell("closing")
    finally:
        await server.close()


def _serve_with_workers(
    unused: AvatarServer, source: ProfileSource, n_workers: int, tell: Tell, open_page: bool
) -> None:
    """Load everything, then serve in several processes; `unused` was made to check its options."""
    options = unused.options
    if options.resume_secret is None:  # one for all workers
        options = options.model_copy(update={"resume_secret": secrets.token_urlsafe(32)})
    with _listener(options) as listener:
        tell(f"loading what {n_workers} workers share")
        for character in source.characters():
            try:
                source.preload(character.id)
            except Exception as problem:
                log.warning("%s could not be loaded ahead: %s", character.id, problem)
        tune_interpreter()
        page = page_url_of(options, listener.getsockname()[1])
        tell(f"vasa-avatar is at {page}")
        tell("Ctrl-C ends it.")
        if open_page and not webbrowser.open(page):
            tell("no browser could be opened; open the address yourself")
        Workers(listener, n_workers, lambda post: asyncio.run(_work(source, options, post))).run()
    tell("closing")


async def _work(source: ProfileSource, options: ServerOptions, post: Post) -> None:
    """What one worker does until SIGTERM."""
    stop = asyncio.Event()
    _stop_on_signals(stop)
    async with AvatarServer(source, options, post):
        await stop.wait()


def _listener(options: ServerOptions) -> socket.socket:
    family, *_, address = socket.getaddrinfo(
        options.host, options.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    return socket.create_server(address[:2], family=family, backlog=256)


async def _preload(server: AvatarServer, source: ProfileSource, first: str) -> None:
    """Load all characters while nobody waits for them; a bad one shows when it is opened."""
    names = [character.id for character in server.context.welcome.characters]
    for name in sorted(names, key=lambda name: name != first):
        try:
            await server.context.in_worker(source.preload, name)
        except Exception as problem:
            log.warning("%s could not be loaded ahead: %s", name, problem)
    server.context.is_loading = False
    tune_interpreter()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _page_at(url: str, page: str) -> str:
    """The address of a page, given as "path?query"."""
    address, mark, fragment = url.partition("#")
    return f"{address}{page.rstrip('?')}{mark}{fragment}"


def _stop_on_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop.set)
        except (NotImplementedError, RuntimeError):  # Windows; not the main thread
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
