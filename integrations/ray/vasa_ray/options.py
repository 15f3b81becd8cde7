"""What the owner of a cluster decides: the server's own options for each replica, and how many."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator
from vasa_server import ServerOptions

PARTS = 5
"""sessions whose viewers draw, in the place of one with pictures; as the server counts them"""
_PAGES = 8
"""requests for pages that a replica takes besides its sockets"""
_TELL_S, _SLACK_S = 20.0, 10.0
"""until a replica knows that it is to go; after the last sentence"""


class RayOptions(ServerOptions):
    """Everything about the deployment; `max_sessions`, `max_connections` are of one replica."""

    max_sessions: int = Field(default=4, ge=1, le=256)
    """faces with pictures that a replica holds; five whose viewers draw count as one"""
    viewers_draw: bool = False
    """expect the codec motion: a replica is full with five times as many sockets"""
    min_replicas: int = Field(default=1, ge=0)
    max_replicas: int = Field(default=4, ge=1)
    fill: float = Field(default=0.75, gt=0.1, le=1.0)
    """of a replica's sockets, on average, above which another one is started"""
    downscale_delay_s: float = Field(default=600.0, ge=0.0)
    num_cpus: float = Field(default=1.0, gt=0.0)
    """that a replica reserves; faces are drawn on one core, however many there are"""
    health_check_s: float = Field(default=2.0, ge=0.5)
    """how often Serve looks after a replica; one that it forgets finds out after four times that"""
    drain_s: float = Field(default=30.0, ge=0.0)
    """how long a replica that leaves lets sentences end"""

    @model_validator(mode="after")
    def _check_replicas(self) -> RayOptions:
        if self.min_replicas > self.max_replicas:
            raise ValueError(
                f"min_replicas is {self.min_replicas}, above max_replicas {self.max_replicas}"
            )
        return self

    @property
    def sockets(self) -> int:
        """That one replica serves well."""
        return self.max_sessions * (PARTS if self.viewers_draw else 1)

    def of_deployment(self) -> dict[str, Any]:
        """The options of the Serve deployment."""
        return {
            "max_ongoing_requests": self.sockets + _PAGES,
            "autoscaling_config": {
                "min_replicas": self.min_replicas,
                "max_replicas": self.max_replicas,
                "target_ongoing_requests": self.sockets * self.fill,
                "upscale_delay_s": 5.0,
                "downscale_delay_s": self.downscale_delay_s,
            },
            "ray_actor_options": {"num_cpus": self.num_cpus},
            "health_check_period_s": self.health_check_s,
            "graceful_shutdown_wait_loop_s": 0.5,
            "graceful_shutdown_timeout_s": _TELL_S + self.drain_s + _SLACK_S,
        }
