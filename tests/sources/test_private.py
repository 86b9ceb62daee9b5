"""Public servers lead to no private address."""

from __future__ import annotations

import socket
from typing import Any

import httpx
import pytest

from orthrus.config.sources import SourcesSettings
from orthrus.sources.connection_limits import RequestAuth, is_private
from orthrus.sources.http_errors import RefusedError

ADDRESSES = {"public.org": "8.8.8.8", "inner.org": "10.1.2.3", "v6.org": "fe80::1%eth0"}


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(host: str, port: object) -> list[Any]:
        address = ADDRESSES.get(host, host)
        if not address[0].isdigit() and ":" not in address:
            raise socket.gaierror(host)
        return [(0, 0, 0, "", (address, 0))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


def led(first: str, then: str, *trusted: str) -> None:
    """Follow a redirect, as httpx does: the second request has the extensions of the first."""
    passport = RequestAuth(SourcesSettings(insecure_hosts=trusted))
    request = httpx.Request("GET", f"http://{first}/a")
    passport(request)
    passport(httpx.Request("GET", f"http://{then}/b", extensions=request.extensions))


@pytest.mark.parametrize(
    "inner",
    [
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "192.168.1.1",
        "inner.org",
        "v6.org",
    ],
)
def test_a_public_server_leads_to_no_private_one(inner: str) -> None:
    with pytest.raises(RefusedError, match=f"sends us on to {inner}, which is in a private"):
        led("public.org", inner)
    led("public.org", inner, inner)


def test_other_redirects_pass() -> None:
    led("public.org", "8.8.4.4")
    led("10.0.0.1", "192.168.1.1")
    led("inner.org", "public.org")
    led("unknown.org", "public.org")


def test_private_addresses_are_known_by_name_too() -> None:
    hosts = ["public.org", "inner.org", "v6.org", "127.0.0.1", "unknown.org"]
    assert [is_private(host) for host in hosts] == [False, True, True, True, False]


@pytest.mark.parametrize(
    ("address", "private"),
    [
        ("64:ff9b::7f00:1", True),
        ("64:ff9b::808:808", False),
        ("2002:7f00:1::", True),
        ("::ffff:10.0.0.1", True),
        ("224.0.0.1", True),
        ("2001:4860:4860::8888", False),
    ],
)
def test_addresses_within_addresses_are_looked_at(address: str, private: bool) -> None:
    assert is_private(address) == private
