"""Fixtures of the sources tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sources_helpers import QUICK, Server, serving

from orthrus.sources.transfer import Client


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    """A mirror with one host and one pinned file."""
    folder = tmp_path / "mirror" / "a.org" / "pub"
    folder.mkdir(parents=True)
    (folder / "data.bin").write_bytes(bytes(range(256)) * 4096)
    return tmp_path / "mirror"


@pytest.fixture
def server(mirror: Path) -> Iterator[Server]:
    """A web server of that mirror."""
    with serving(mirror) as running:
        yield running


@pytest.fixture
def client() -> Iterator[Client]:
    """A client that does not wait."""
    with Client(QUICK) as ready:
        yield ready
