"""Names and passwords of servers are in a file of their own, and never in addresses."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from sources_helpers import QUICK, Server

from orthrus.config.build import load
from orthrus.errors import OrthrusError
from orthrus.sources.connection_limits import logins
from orthrus.sources.transfer import Client


def sent(server: Server, path: str) -> str | None:
    """Fetch a small file, and return the login that the server was told."""
    with Client(QUICK) as client:
        client.text(f"{server.url}/{path}")
    return server.seen[path][-1].get("Authorization")


def test_a_login_is_told_to_its_host_alone(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (server.root / "a.txt").write_text("a")
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))
    assert sent(server, "a.txt") is None
    file = tmp_path / "netrc"
    file.write_text("machine 127.0.0.1\nlogin me\npassword pa55\n")
    file.chmod(0o600)
    monkeypatch.setenv("NETRC", str(file))
    assert sent(server, "a.txt") == f"Basic {base64.b64encode(b'me:pa55').decode()}"
    file.write_text("machine example.org\nlogin me\npassword pa55\n")
    assert sent(server, "a.txt") is None


@pytest.mark.parametrize("content", [b"machine\n", b"nonsense here\n", b"\xff\xfe"])
def test_a_malformed_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    (tmp_path / "netrc").write_bytes(content)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with pytest.raises(OrthrusError, match=r"netrc: \S") as error:
        logins()
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "mirror", ["https://me:pa55@a.org/b", "http://pa55@a.org", "https://a.org/b?token=pa55"]
)
def test_an_address_with_a_password_is_refused_and_not_shown(mirror: str) -> None:
    with pytest.raises(OrthrusError, match=r"mirror.*holds a name or password.*netrc") as error:
        load({"mirror": mirror})
    assert "pa55" not in str(error.value)
    assert load({"mirror": "https://a.org/b?release=2@x"})[0].mirror
