"""Who may come in."""

from __future__ import annotations

import pytest
from vasa_server.host.access import AccessPolicy, is_loopback
from vasa_server.host.limits import MessageBucket, ServerOptions
from vasa_server.host.server import AvatarServer

TOKEN = "correct-horse-battery"


@pytest.mark.parametrize(
    ("host", "is_welcome"),
    [
        ("127.0.0.1:8765", True),
        ("localhost:8765", True),
        ("[::1]:8765", True),
        ("my.name:8765", True),
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
    assert (policy.refusal_of_host(host) is None) is is_welcome


@pytest.mark.parametrize(
    ("origin", "is_welcome"),
    [
        (None, True),
        ("http://127.0.0.1:8765", True),
        ("https://friend.example", True),
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
    assert (policy.refusal_of_origin(origin, "127.0.0.1:8765") is None) is is_welcome


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
