"""The page behind a reverse proxy, in a real browser: it connects, or says where the reason is."""

from __future__ import annotations

from typing import Any

import pytest
from browser_rig import ProxiedServer
from fake_source import FakeSource
from test_page import wait_until

pytestmark = [pytest.mark.realtime, pytest.mark.browser, pytest.mark.slow]


def test_the_page_lives_under_a_path_behind_a_proxy(browser: Any) -> None:
    options = {"trust_proxy": True, "path_prefix": "/avatar"}
    with ProxiedServer(FakeSource(), **options) as running:
        page = browser.new_page()
        page.goto(running.url)
        wait_until(page, "window.vasa && vasa.conversation.face.shown > 5")
        assert page.url == f"{running.url}/"
        page.close()


def test_a_page_that_is_refused_says_where_the_reason_is(browser: Any) -> None:
    with ProxiedServer(FakeSource()) as running:
        page = browser.new_page()
        page.goto(running.url)
        page.get_by_text("refused this page; its log says why").first.wait_for()
        page.close()
    assert running.server.refusals.refused > 0
