"""Sizing: measured costs of a session to what a box and a cluster hold. No clock, no network."""

from vasa_avatar.sizing.box import Box, BoxLoad, simulate_box
from vasa_avatar.sizing.capacity import MOST_LATE_MS, P99_LATE_MS, seats_of
from vasa_avatar.sizing.cluster import ClusterPlan, blocking, plan_cluster
from vasa_avatar.sizing.costs import KINDS, SessionCost, load_costs

__all__ = [
    "KINDS",
    "MOST_LATE_MS",
    "P99_LATE_MS",
    "Box",
    "BoxLoad",
    "ClusterPlan",
    "SessionCost",
    "blocking",
    "load_costs",
    "plan_cluster",
    "seats_of",
    "simulate_box",
]
