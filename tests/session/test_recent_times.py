"""The last durations in order: the same quantiles as of a sorted list."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vasa_avatar.session.recent_times import RecentTimes


@given(
    st.lists(st.sampled_from([0.0, 0.001, 0.002, 0.0125, 0.5]) | st.floats(0, 10), max_size=60),
    st.integers(1, 20),
    st.sampled_from([0.0, 0.5, 0.95, 1.0]),
)
def test_quantiles_are_those_of_the_last_ones(came: list[float], most: int, share: float) -> None:
    times = RecentTimes(most)
    for seconds in came:
        times.append(seconds)
    last = sorted(came[-most:])
    expected = round(last[min(int(share * len(last)), len(last) - 1)] * 1e3, 3) if last else 0.0
    assert times.quantile_ms(share) == expected
