"""How a replica learns that it is to go, and what it does then.

Serve tells its code nothing before the last request has ended, and a socket is a request that
ends when its client leaves. But it looks after a replica's health only as long as that is to stay:
one that has not been asked for a while looks up whether the deployment has replicas that are
stopping.
"""

from __future__ import annotations

import asyncio
import logging
import time

from ray import serve
from vasa_server.host.service import AvatarService

log = logging.getLogger(__name__)
_FORGOTTEN_AFTER = 3.0
"""times the period of Serve's visits"""
_LEAVING_STATES = ("STOPPING",)


class DepartureWatch:
    """Sends the clients of a replica away when Serve no longer wants it; used on one event loop."""

    def __init__(self, service: AvatarService, period_s: float) -> None:
        """Watch from now on.

        Args:
            service: of the replica.
            period_s: of Serve's visits.
        """
        context = serve.get_replica_context()
        self._app_name, self._deployment = context.app_name, context.deployment
        self._service, self._period_s = service, period_s
        self._wanted_s = time.monotonic()
        self._leaving: asyncio.Task[None] | None = None
        self._task = asyncio.get_running_loop().create_task(self._watch())

    def is_wanted(self) -> None:
        """Serve has just asked after this replica."""
        self._wanted_s = time.monotonic()
        if self._leaving is not None:  # it had been busy, not forgotten
            self._leaving.cancel()
            self._leaving, self._service.context.is_closing = None, False

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._period_s)
            is_forgotten = time.monotonic() - self._wanted_s > _FORGOTTEN_AFTER * self._period_s
            if not is_forgotten or self._leaving is not None:
                continue
            if await asyncio.to_thread(self._is_stopping):
                log.info("this replica is to go; %d clients are sent to others",
                         len(self._service.connections))  # fmt: skip
                self._leaving = asyncio.create_task(self._service.send_away())

    def _is_stopping(self) -> bool:
        """Whether some replica of this deployment is being stopped: Serve forgets no other."""
        try:
            applications = serve.status().applications
        except Exception as problem:  # the controller is starting anew; replicas stay meanwhile
            log.warning("Serve's state could not be read: %s", type(problem).__name__)
            return False
        if self._app_name not in applications:
            return True
        deployment = applications[self._app_name].deployments.get(self._deployment)
        return deployment is None or any(
            deployment.replica_states.get(state, 0) for state in _LEAVING_STATES
        )
