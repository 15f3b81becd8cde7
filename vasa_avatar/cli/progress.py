"""Progress bars on a terminal, for what lasts; nothing is drawn for quick jobs or into a pipe."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from tqdm import tqdm

_QUIET_S = 0.5


def progress_bar(total: int | None, label: str, unit: str) -> tqdm[NoReturn]:
    """A bar that appears after half a second; use it in a `with` statement."""
    from tqdm import tqdm

    return tqdm(
        total=total, desc=label, unit=unit, delay=_QUIET_S, disable=None, leave=False,
        unit_scale=unit == "B", dynamic_ncols=True,
    )  # fmt: skip


def fetch_model(name: str) -> None:
    """Make sure that a model is in the store, with a bar while it is fetched.

    Raises:
        ModelStoreError: it cannot be had.
    """
    from vasa_avatar.nets import ModelStore

    store = ModelStore()
    if store.has(name):
        return
    with progress_bar(None, f"fetching {name}", "B") as bar:
        store.fetch(name, _byte_counter(bar))


def _byte_counter(bar: tqdm[NoReturn]) -> Callable[[str, int, int], None]:
    def count(_name: str, done: int, total: int) -> None:
        bar.total = total
        bar.update(done - bar.n)

    return count
