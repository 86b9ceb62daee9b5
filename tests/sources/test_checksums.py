from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from orthrus.errors import OrthrusError
from orthrus.sources.checksums import digests, parse

MD5 = "ae0e74ef8f1b9bb1563b47cf3a1632f6"


def test_digests_of_several_kinds(tmp_path: Path) -> None:
    data = bytes(range(256)) * 9000
    (tmp_path / "file").write_bytes(data)
    assert digests(tmp_path / "file", {"md5", "sha256"}) == {
        "md5": hashlib.md5(data).hexdigest(),
        "sha256": hashlib.sha256(data).hexdigest(),
    }


@pytest.mark.parametrize("name", ["hg38.fa.gz", "*hg38.fa.gz", " hg38.fa.gz", " ./hg38.fa.gz"])
def test_spellings_of_a_name(name: str) -> None:
    assert parse(f"\n{MD5.upper()} {name}\n", "md5sum.txt") == {"hg38.fa.gz": MD5}


def test_two_digests_of_one_name() -> None:
    other = MD5.replace("a", "b")
    with pytest.raises(OrthrusError, match=r"^md5sum.txt, line 3: a second MD5 of x$"):
        parse(f"{MD5} x\n{MD5} x\n{other} x\n", "md5sum.txt")


def test_real_checksum_files(real_data: Path) -> None:
    folder = real_data / "mirror/hgdownload.soe.ucsc.edu/goldenPath/hg38/bigZips"
    listed = parse((folder / "md5sum.txt").read_text(), "md5sum.txt")
    assert set(listed) == {"hg38.fa.gz", "hg38.chrom.sizes"}
    for name, md5 in listed.items():
        assert digests(folder / name, {"md5"}) == {"md5": md5}


def test_empty() -> None:
    with pytest.raises(OrthrusError, match=r"md5sum.txt: lists no file"):
        parse("\n", "md5sum.txt")


@pytest.mark.parametrize("text", ["<html>", f"{MD5}", f"{MD5[:-1]}  file", f"{MD5[:-1]}z  file"])
def test_something_else(text: str) -> None:
    with pytest.raises(OrthrusError, match=r"md5sum.txt, line 1: not an MD5 and a file name"):
        parse(text, "md5sum.txt")
