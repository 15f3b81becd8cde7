"""The deployment: each replica is a whole server, each socket one ongoing request of Serve.

A socket stays with its replica as long as it is open, so nothing has to be sticky. A replica that
is to go finishes the sentences that are being spoken and closes its sockets with 1012; a client
that comes back (`vasa_server.stay_connected`) goes on at the next sentence, on another one.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from ray import serve
from vasa_server import AvatarApp, ProfileSource, ServerOptions
from vasa_server.asgi import PreloadingSource

from vasa_ray.departure import DepartureWatch
from vasa_ray.options import RayOptions


def app(arguments: Mapping[str, Any]) -> serve.Application:
    """Every installed character, for `serve run vasa_ray:app max_sessions=4 max_replicas=8`.

    Args:
        arguments: fields of RayOptions, from a command line or a config file.

    Raises:
        ValidationError: an unknown one, or a value out of its range.
    """
    return application(RayOptions.model_validate(arguments), ProfileSource)


def application(
    options: RayOptions, make_source: Callable[[], PreloadingSource]
) -> serve.Application:
    """The application.

    Args:
        options: of the replicas, and how many there are.
        make_source: called in each replica: where its characters come from.

    Raises:
        ValueError: reachable from other machines without a token.
    """
    if options.resume_secret is None:  # one for all replicas
        options = options.model_copy(update={"resume_secret": secrets.token_urlsafe(32)})
    fields = options.model_dump(include={*ServerOptions.model_fields})
    of_server = ServerOptions.model_validate(fields)
    AvatarApp(make_source(), of_server)  # what is wrong is told here, not by a replica that fails

    def build() -> AvatarApp:
        return AvatarApp(make_source(), of_server)

    @serve.deployment(name="faces", **options.of_deployment())
    @serve.ingress(build)
    class Faces:
        """One replica."""

        _asgi_app: AvatarApp

        def __init__(self) -> None:
            self._watch: DepartureWatch | None = None

        async def check_health(self) -> None:
            """Serve calls it now and then, as long as this replica is to stay."""
            if self._watch is None:
                self._watch = DepartureWatch(self._asgi_app.service, options.health_check_s)
            self._watch.is_wanted()

    faces: Any = Faces
    bound: serve.Application = faces.bind()
    return bound
