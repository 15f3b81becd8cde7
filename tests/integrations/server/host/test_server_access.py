"""Who may come in."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from pydantic import ValidationError
from vasa_server.host.access import AccessPolicy, is_loopback
from vasa_server.host.limits import MessageBucket, ServerOptions
from vasa_server.host.refusal_log import RefusalLog
from vasa_server.host.server import AvatarServer
from websockets.datastructures import Headers

TOKEN = "correct-horse-battery"


def asked(**told: str | None) -> Headers:
    """A request's headers; X_Forwarded_Host stands for X-Forwarded-Host."""
    named = {key.replace("_", "-"): value for key, value in told.items()}
    return Headers({key: value for key, value in named.items() if value is not None})


@pytest.mark.parametrize(
    ("host", "is_welcome"),
    [
        ("127.0.0.1:8765", True),
        ("localhost:8765", True),
        ("[::1]:8765", True),
        ("my.name:8765", True),
        ("My.Name.:443", True),
        ("evil.example:8765", False),
        ("127.0.0.1.evil.example", False),
        ("", False),
        ("[", False),
        (None, False),
    ],
)
def test_a_loopback_server_answers_under_its_own_names_only(
    host: str | None, is_welcome: bool
) -> None:
    policy = AccessPolicy(ServerOptions(allowed_hosts=("my.name",)))
    assert (policy.refusal_of_host(asked(Host=host)) is None) is is_welcome


@pytest.mark.parametrize(
    ("origin", "is_welcome"),
    [
        (None, True),
        ("http://127.0.0.1:8765", True),
        ("https://friend.example", True),
        ("https://friend.example:443", True),
        ("https://friend.example:8443", False),
        ("http://friend.example", False),
        ("http://127.0.0.1:9999", False),
        ("https://evil.example", False),
        ("null", False),
        ("file://", False),
        ("http://[", False),
    ],
)
def test_only_pages_of_this_server_and_friends_connect(
    origin: str | None, is_welcome: bool
) -> None:
    policy = AccessPolicy(ServerOptions(allowed_origins=("https://friend.example",)))
    headers = asked(Host="127.0.0.1:8765", Origin=origin)
    assert (policy.refusal_of_origin(headers) is None) is is_welcome


def test_the_token_is_taken_as_header_or_subprotocol() -> None:
    policy = AccessPolicy(ServerOptions(token=TOKEN))
    assert policy.is_token_right({"Authorization": f"Bearer {TOKEN}"}, [])
    assert policy.is_token_right({}, ["vasa.v1", f"vasa.token.{TOKEN}"])
    assert not policy.is_token_right({}, ["vasa.v1"])
    assert not policy.is_token_right({"Authorization": f"Bearer {TOKEN}x"}, [])
    assert not policy.is_token_right({"Authorization": f"Basic {TOKEN}"}, ["vasa.token.ä"])
    assert AccessPolicy(ServerOptions()).is_token_right({}, [])


def test_a_server_that_others_reach_needs_a_token(source: object) -> None:
    with pytest.raises(ValueError, match="token"):
        AvatarServer(source, ServerOptions(host="0.0.0.0"))  # type: ignore[arg-type]
    assert not is_loopback("0.0.0.0")
    assert is_loopback("127.8.8.8")


def test_the_bucket_makes_a_flood_wait() -> None:
    bucket = MessageBucket(per_s=10.0, burst=3, now_s=0.0)
    assert [bucket.take(0.0) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert bucket.take(0.0) == pytest.approx(0.1)
    assert bucket.take(0.0) == pytest.approx(0.2)
    assert bucket.take(10.0) == 0.0


NO_OPTIONS: dict[str, Any] = {}
OWN_NAME = {"allowed_hosts": ("me.example.org",)}
TRUSTED = {"trust_proxy": True}


@pytest.mark.parametrize(
    ("options", "told", "is_welcome"),
    [
        # a proxy that passes on another Host
        (NO_OPTIONS, {"Host": "127.0.0.1:8765"}, False),
        ({"allowed_origins": ("https://me.example.org/",)}, {"Host": "127.0.0.1:8765"}, True),
        (OWN_NAME, {"Host": "127.0.0.1:8765"}, True),
        # one that writes out the usual port, or that of its own side
        (NO_OPTIONS, {"Host": "me.example.org:443"}, False),
        (OWN_NAME, {"Host": "me.example.org:443"}, True),
        (OWN_NAME, {"Host": "me.example.org:80"}, True),
        (OWN_NAME, {"Host": "me.example.org"}, True),
        # what it tells counts only when it is trusted
        (NO_OPTIONS, {"Host": "127.0.0.1:8765", "X_Forwarded_Host": "me.example.org"}, False),
        (TRUSTED, {"Host": "127.0.0.1:8765", "X_Forwarded_Host": "me.example.org"}, True),
        (TRUSTED, {"Host": "127.0.0.1:8765", "X_Forwarded_Host": "me.example.org, inner"}, True),
        (TRUSTED, {"Host": "127.0.0.1:8765", "X_Forwarded_Host": "other.example.org"}, False),
        (TRUSTED, {"Host": "127.0.0.1:8765"}, False),
        (TRUSTED, {"Host": "a", "X_Forwarded_Host": "me.example.org", "X_Forwarded_Port": "443",
                   "X_Forwarded_Proto": "wss"}, True),
        (TRUSTED, {"Host": "me.example.org", "X_Forwarded_For": "203.0.113.9"}, True),
        (TRUSTED, {"Host": "me.example.org"}, False),  # nobody passed it on: DNS rebinding
        (TRUSTED | {"allowed_hosts": ("you.example.org",)},
         {"Host": "127.0.0.1:8765", "X_Forwarded_Host": "me.example.org"}, False),
    ],
)  # fmt: skip
def test_a_page_behind_a_proxy_connects_when_its_owner_says_so(
    options: dict[str, Any], told: dict[str, str], is_welcome: bool
) -> None:
    policy = AccessPolicy(ServerOptions(**options))
    headers = asked(Origin="https://me.example.org", **told)
    refusals = policy.refusal_of_host(headers), policy.refusal_of_origin(headers)
    assert (refusals == (None, None)) is is_welcome


def test_a_port_that_the_proxy_tells_apart_counts() -> None:
    policy = AccessPolicy(ServerOptions(trust_proxy=True))
    told = {"Host": "a", "X_Forwarded_Host": "me.example.org", "X_Forwarded_Port": "8443"}
    assert policy.refusal_of_origin(asked(Origin="https://me.example.org:8443", **told)) is None
    assert policy.refusal_of_origin(asked(Origin="https://me.example.org", **told)) is not None


def test_a_page_without_tls_does_not_come_in_where_the_proxy_says_https() -> None:
    policy = AccessPolicy(ServerOptions(trust_proxy=True))
    told = {"Host": "a", "X_Forwarded_Host": "me.example.org", "X_Forwarded_Proto": "https"}
    assert policy.refusal_of_origin(asked(Origin="http://me.example.org", **told)) is not None


def test_a_refusal_says_what_to_set() -> None:
    policy = AccessPolicy(ServerOptions())
    told = {"Host": "127.0.0.1:8765", "X_Forwarded_Host": "me.example.org"}
    page = policy.refusal_of_origin(asked(Origin="https://me.example.org", **told))
    assert page is not None and page.status == 403
    assert "https://me.example.org" in page.reason
    assert "--allow-origin https://me.example.org" in page.advice
    assert "--trust-proxy" in page.advice and "me.example.org" in page.advice
    name = policy.refusal_of_host(asked(Host="me.example.org"))
    assert name is not None and name.status == 421
    assert "--allow-host me.example.org" in name.advice and "--trust-proxy" not in name.advice


def test_what_strangers_write_is_quoted_in_advice() -> None:
    headers = Headers({"Host": "x"})
    headers["Origin"] = "http://$(reboot)\x9b2J"
    refusal = AccessPolicy(ServerOptions()).refusal_of_origin(headers)
    assert refusal is not None
    assert "\x9b" not in refusal.reason + refusal.advice
    assert "--allow-origin $(" not in refusal.advice


def test_two_hosts_are_none(source: object) -> None:
    headers = Headers([("Host", "127.0.0.1"), ("Host", "evil.example")])
    assert AccessPolicy(ServerOptions()).refusal_of_host(headers) is not None


def test_refusals_are_counted_and_a_flood_of_them_is_not_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    refusal = AccessPolicy(ServerOptions()).refusal_of_host(asked(Host="evil.example"))
    assert refusal is not None
    refusals = RefusalLog()
    headers = asked(X_Forwarded_For="203.0.113.9")
    with caplog.at_level(logging.WARNING):
        for second in range(50):
            refusals.note(refusal, headers, "127.0.0.1", float(second))
        refusals.note(refusal, headers, "127.0.0.1", 60.0)
    assert refusals.refused == 51
    assert len(caplog.messages) == 21
    assert "refused 127.0.0.1 for '203.0.113.9' (421): " in caplog.messages[0]
    assert "--allow-host evil.example" in caplog.messages[0]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"allowed_origins": ("me.example.org",)}, "expected https://NAME"),
        ({"allowed_origins": ("https://me.example.org/page",)}, "expected https://NAME"),
        ({"allowed_hosts": ("https://me.example.org",)}, "expected a name such as"),
        ({"path_prefix": "/a b"}, "pattern"),
    ],
)
def test_options_that_cannot_work_are_refused(options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        ServerOptions(**options)


@pytest.mark.parametrize("prefix", ["avatar", "/avatar", "/avatar/", "avatar/"])
def test_a_prefix_is_written_in_any_way(prefix: str) -> None:
    assert ServerOptions(path_prefix=prefix).path_prefix == "/avatar"
    assert ServerOptions(path_prefix="/").path_prefix == ""
