from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from sources_helpers import Server, entry, status, text

from orthrus.errors import OrthrusError
from orthrus.sources.backends import FolderMirror, Origin, Servers, WebMirror, origin
from orthrus.sources.part_files import partial
from orthrus.sources.transfer import Client, Stat

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


@pytest.mark.parametrize(
    ("mirror", "message"),
    [
        (
            "ftp://a.org/b",
            "ftp://a.org/b: a mirror is a folder, or has an address of http or https",
        ),
        ("http://[::1/", "is no address"),
        ("nowhere", "nowhere: the mirror is neither a folder nor"),
    ],
)
def test_a_mirror_that_cannot_be_is_one_line(client: Client, mirror: str, message: str) -> None:
    with pytest.raises(OrthrusError, match=re.escape(message)):
        origin(mirror, client).text(entry("a.org/x.txt"))


def test_schemes_are_known_in_any_case(client: Client, server: Server) -> None:
    (server.root / "a.org").mkdir(exist_ok=True)
    (server.root / "a.org/x.txt").write_text("x")
    assert (
        origin(f" {server.url.replace('http', 'HTTP')}", client).text(entry("a.org/x.txt")) == "x"
    )


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


PAGE = b"<html>Down for repair</html>"


def test_a_page_in_place_of_a_file_is_tried_again(
    client: Client, server: Server, tmp_path: Path
) -> None:
    (server.root / "a.org" / "x.gz").write_bytes(gzip.compress(b"x"))
    server.faults["a.org/x.gz"] = [text(PAGE), text(gzip.compress(b"x")[:-3])]
    with partial(tmp_path / "copy") as part:
        WebMirror(client, server.url).copy(entry("a.org/x.gz"), part, lambda *_: None)
        assert gzip.decompress(part.path.read_bytes()) == b"x"
    assert "Range" not in server.seen["a.org/x.gz"][-1]


def test_a_page_in_place_of_a_file_is_refused_in_the_end(
    mirrored: Origin, server: Server, mirror: Path, tmp_path: Path
) -> None:
    (mirror / "a.org" / "x.gz").write_bytes(PAGE)
    with (
        pytest.raises(OrthrusError, match=r"a.org/x.gz: what came is a web page: 'Down for repair"),
        partial(tmp_path / "copy") as part,
    ):
        mirrored.copy(entry("a.org/x.gz"), part, lambda *_: None)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mirror"]


def test_a_page_at_the_first_address_leads_to_the_fallback(
    client: Client, server: Server, tmp_path: Path
) -> None:
    server.faults["bad/x.gz"] = [text(PAGE)] * 4
    (server.root / "x.gz").write_bytes(gzip.compress(b"x"))
    both = entry("a.org/x.gz", url=f"{server.url}/bad/x.gz", fallback_url=f"{server.url}/x.gz")
    with partial(tmp_path / "copy") as part:
        Servers(client).copy(both, part, lambda *_: None)
        assert gzip.decompress(part.path.read_bytes()) == b"x"


def test_stat_is_alike(mirrored: Origin, mirror: Path) -> None:
    size = (mirror / PATH).stat().st_size
    assert mirrored.stat(entry(PATH)) == Stat("200", size)
    absent = mirrored.stat(entry("a.org/absent"))
    assert (absent.status, absent.bytes) == ("404", None)
    assert "a.org/absent" in absent.fault


def test_stat_tries_the_fallback(client: Client, server: Server, mirror: Path) -> None:
    there = f"{server.url}/{PATH}"
    size = (mirror / PATH).stat().st_size
    both = entry(PATH, url=f"{server.url}/gone", fallback_url=there)
    assert Servers(client).stat(both) == Stat("200", size)
    neither = entry(PATH, url=f"{server.url}/gone", fallback_url=f"{server.url}/lost")
    assert "/lost: the server answers 404" in Servers(client).stat(neither).fault
    member = entry(PATH, url=f"{there}#member.tsv")
    assert Servers(client).stat(member) == Stat("200", size)


def test_stat_of_what_services_make_tells_no_size(client: Client, server: Server) -> None:
    service = f"{server.url}/biomart/martservice"
    server.faults["biomart/martservice"] = [text(b"<MartRegistry/>")]
    assert Servers(client).stat(entry("a.org/x.gz", url=f"{service}?dataset=d")) == Stat("200")
    path = "api.ncbi.nlm.nih.gov/datasets/v2/genome/accession/GCA_902655055.1/genome.fna"
    server.faults["dataset_report"] = [text(b'{"reports": [{"accession": "GCA_902655055.1"}]}')]
    assert Servers(client).stat(entry(path, url=f"{server.url}/download?x=y")) == Stat("200")


def test_stat_refuses_another_release_as_fetching_does(client: Client, server: Server) -> None:
    current = f"http://localhost:{server.server_port}/current"
    server.faults["biomart/martservice"] = [status(302, Location=current)]
    server.faults["current"] = [text(b"<MartRegistry/>")]
    found = Servers(client).stat(
        entry("a.org/x.gz", url=f"{server.url}/biomart/martservice?dataset=d")
    )
    assert found.status == "unreachable"
    assert "the server sends us on to localhost, as if this release were no" in found.fault
