from __future__ import annotations

from pathlib import Path

import pytest
from sources_helpers import Server, entry, status

from orthrus.errors import OrthrusError
from orthrus.sources.origin import FolderMirror, Origin, Servers, WebMirror, origin
from orthrus.sources.partial import partial
from orthrus.sources.transfer import Client

PATH = "a.org/pub/data.bin"


@pytest.fixture(params=["folder", "web"])
def mirrored(
    request: pytest.FixtureRequest, client: Client, server: Server, mirror: Path
) -> Origin:
    return origin(str(mirror) if request.param == "folder" else f"{server.url}/", client)


def test_choice(client: Client, mirror: Path) -> None:
    assert isinstance(origin(None, client), Servers)
    assert isinstance(origin("http://localhost:1", client), WebMirror)
    assert isinstance(origin(str(mirror), client), FolderMirror)
    with pytest.raises(OrthrusError, match="neither a folder nor"):
        origin(str(mirror / "absent"), client)


def test_mirrors_are_alike(mirrored: Origin, mirror: Path, tmp_path: Path) -> None:
    folder = mirror / "a.org" / "a name's"
    (folder / "deep").mkdir(parents=True)
    (folder / "file #1").write_text("text")
    assert mirrored.children("a.org/a name's") == ["deep/", "file #1"]
    assert mirrored.text(entry("a.org/a name's/file #1")) == "text"
    with partial(tmp_path / "copy") as part:
        mirrored.copy(entry(PATH), part, lambda *_: None)
        assert part.path.read_bytes() == (mirror / PATH).read_bytes()


def test_what_a_mirror_lacks(mirrored: Origin, tmp_path: Path) -> None:
    for call in (
        lambda: mirrored.text(entry("a.org/absent")),
        lambda: mirrored.children("a.org/absent"),
    ):
        with pytest.raises(OrthrusError, match=r"a.org/absent.*(has no such|404)"):
            call()


def test_fallback_is_used_when_the_first_address_fails(
    client: Client, server: Server, mirror: Path, tmp_path: Path
) -> None:
    both = entry(PATH, url=f"{server.url}/gone", fallback_url=f"{server.url}/{PATH}")
    with partial(tmp_path / "copy") as part:
        Servers(client).copy(both, part, lambda *_: None)
        assert part.path.read_bytes() == (mirror / PATH).read_bytes()
    assert len(server.seen["gone"]) == 1


def test_both_addresses_fail(client: Client, server: Server) -> None:
    both = entry(PATH, url=f"{server.url}/gone", fallback_url=f"{server.url}/{PATH}")
    server.faults[PATH] = [status(403)]
    with pytest.raises(OrthrusError, match=r"gone: .* 404 .*; and .*data.bin: .* 403"):
        Servers(client).text(both)
