from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from sources_helpers import Server, entry, files_below, text

from orthrus.errors import OrthrusError
from orthrus.sources import zip_members
from orthrus.sources.backends import Servers
from orthrus.sources.fetch import Fetcher
from orthrus.sources.transfer import Client

MEMBER = b"Gene\tGene name\tReliability\n"
ZIP = "a.org/all.tsv.zip"


def zipped(path: Path, **members: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name.replace("__", "/"), content)
    return path


def fetched(client: Client, server: Server, folder: Path, pattern: str = "all_*") -> bytes:
    asked = entry("a.org/all.tsv", url=f"{server.url}/{ZIP}#{pattern}")
    Fetcher(folder, Servers(client), {}).fetch(asked)
    assert files_below(folder) == ["a.org", "a.org/all.tsv"]
    return (folder / "a.org/all.tsv").read_bytes()


@pytest.mark.parametrize("pattern", ["all_v1", "all_*", "deep/all_v?"])
def test_one_file_is_taken_out(
    client: Client, server: Server, mirror: Path, tmp_path: Path, pattern: str
) -> None:
    zipped(mirror / ZIP, deep__all_v1=MEMBER, deep__other=b"x", all__other=b"y")
    assert fetched(client, server, tmp_path / "out", pattern) == MEMBER


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({}, r"all.tsv: 0 files in the zip archive are all_\*; it holds nothing"),
        ({"README": b"error"}, r"0 files in the zip archive are all_\*; it holds README"),
        ({"all_1": b"", "b__all_2": b""}, r"2 files .* are all_\*; it holds all_1, b/all_2"),
    ],
)
def test_not_exactly_one(
    client: Client,
    server: Server,
    mirror: Path,
    tmp_path: Path,
    members: dict[str, bytes],
    message: str,
) -> None:
    zipped(mirror / ZIP, **members)
    with pytest.raises(OrthrusError, match=message):
        fetched(client, server, tmp_path / "out")
    assert len(server.seen[ZIP]) == 1
    assert not (tmp_path / "out").exists()


def test_what_is_no_archive_is_asked_for_again(
    client: Client, server: Server, mirror: Path, tmp_path: Path
) -> None:
    whole = zipped(mirror / ZIP, all_v1=MEMBER).read_bytes()
    server.faults[ZIP] = [text(b"<html>"), text(whole[: len(whole) // 2])]
    assert fetched(client, server, tmp_path / "out") == MEMBER
    server.faults[ZIP] = [text(b"<html>")] * 9
    with pytest.raises(OrthrusError, match=r"all.tsv: what came is no whole zip archive"):
        fetched(client, server, tmp_path / "never")
    assert not (tmp_path / "never").exists()


def test_a_bomb_is_not_unpacked(
    client: Client, server: Server, mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zip_members, "LARGEST", 1000)
    zipped(mirror / ZIP, all_v1=b"\0" * 1001)
    with pytest.raises(OrthrusError, match=r"all_v1 in the zip archive has more than 1,000 bytes"):
        fetched(client, server, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_damage_is_noticed(client: Client, server: Server, mirror: Path, tmp_path: Path) -> None:
    path = zipped(mirror / ZIP, all_v1=MEMBER)
    damaged = bytearray(path.read_bytes())
    damaged[38] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(OrthrusError, match=r"all.tsv: the zip archive cannot be read: Bad CRC"):
        fetched(client, server, tmp_path / "out")
    assert not (tmp_path / "out").exists()
