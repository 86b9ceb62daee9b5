from __future__ import annotations

import gzip
import struct
import zipfile
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sources_helpers import entry
from transcripts_helpers import write_twobit

from orthrus.sources import content_checks
from orthrus.sources.http_errors import BrokenTransferError
from orthrus.sources.part_files import partial

PAGE = (
    b"<!DOCTYPE html>\n<html><head><title>Down</title></head><body>for <b>repair</b></body></html>"
)
PACKED = gzip.compress(b"ACGT" * 9000, mtime=0)


def look(folder: Path, name: str, body: bytes, kind: str = "unpinned", digest: str = "") -> int:
    """Check a file of some name; return the bytes that stay."""
    with partial(folder / "file") as part:
        part.restart('"tag"')
        part.path.write_bytes(body)
        try:
            content_checks.check(entry(f"a.org/{name}", kind, digest))(part)
        except BrokenTransferError:
            assert (part.size, part.tag) == (0, "")
            raise
        return part.size


def written(folder: Path, suffix: str) -> bytes:
    """A real file of a suffix, as our own libraries write it."""
    path = folder / f"real{suffix}"
    if suffix == ".npz":
        np.savez(path, x=np.arange(3))
    elif suffix == ".parquet":
        pl.DataFrame({"x": [1]}).write_parquet(path)
    elif suffix == ".2bit":
        write_twobit(path, {"chr1": "ACGTNNNNacgtnnTTTGCANC" * 7, "chr2": "GATTACA"})
    elif suffix in (".zip", ".xlsx"):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("x", "y")
    else:
        path.write_bytes(
            {
                ".gz": PACKED,
                ".tsv": b"<name>\tx\n",
                ".html": PAGE,
                ".fa": b">chr1\nACGT\n",
            }[suffix]
        )
    return path.read_bytes()


@pytest.mark.parametrize(
    "suffix", [".gz", ".zip", ".npz", ".xlsx", ".parquet", ".2bit", ".tsv", ".html", ".fa"]
)
def test_right_files_pass(tmp_path: Path, suffix: str) -> None:
    body = written(tmp_path, suffix)
    assert look(tmp_path, f"x{suffix}", body) == len(body)


@pytest.mark.parametrize("name", ["x.fa.gz", "x.zip", "x.npz", "x.parquet", "x.2bit", "x", "x.tsv"])
@pytest.mark.parametrize("page", [PAGE, b"\xef\xbb\xbf \n<HTML lang='en'>Down for repair"])
def test_web_pages_do_not_pass(tmp_path: Path, name: str, page: bytes) -> None:
    with pytest.raises(BrokenTransferError, match=rf"a.org/{name}: what came is a web page: 'Down"):
        look(tmp_path, name, page)


@pytest.mark.parametrize("name", ["x.gz", "x.zip", "x.npz", "x.parquet", "x.2bit", "X.GZ"])
def test_other_content_does_not_pass(tmp_path: Path, name: str) -> None:
    with pytest.raises(BrokenTransferError, match=r"no \.\w+ file; it starts with b'Error: n'"):
        look(tmp_path, name, b"Error: not today\n")


def test_nothing_does_not_pass(tmp_path: Path) -> None:
    with pytest.raises(BrokenTransferError, match="what came is empty"):
        look(tmp_path, "x.sizes", b"")


@pytest.mark.parametrize("body", [PACKED[:-9], PACKED[:40] + b"????" + PACKED[44:]])
def test_gzip_without_a_digest_is_read_to_its_end(tmp_path: Path, body: bytes) -> None:
    with pytest.raises(BrokenTransferError, match=r"x.gz: what came is a truncated or corrupt"):
        look(tmp_path, "x.gz", body)
    assert look(tmp_path, "x.gz", body, "md5", "0") == len(body)


@pytest.mark.parametrize("suffix", [".zip", ".npz", ".xlsx", ".parquet", ".2bit"])
@pytest.mark.parametrize("kind", ["unpinned", "md5sums"])
def test_files_without_their_end_do_not_pass(tmp_path: Path, suffix: str, kind: str) -> None:
    body = written(tmp_path, suffix)
    for size in range(4, len(body), len(body) // 40):
        with pytest.raises(
            BrokenTransferError, match=rf"x{suffix}: what came is no whole {suffix}"
        ):
            look(tmp_path, f"x{suffix}", body[:size], kind)


@pytest.mark.parametrize("order", ["<", ">"])
def test_twobit_files_end_with_their_last_sequence(tmp_path: Path, order: str) -> None:
    sequences = {"b" * 200: "ACGTN" * 9, "a": "nnnACGT" * 5}
    body = write_twobit(tmp_path / "real", sequences, order).read_bytes()
    assert look(tmp_path, "x.2bit", body) == len(body)
    for size in range(4, len(body)):
        with pytest.raises(BrokenTransferError, match="no whole"):
            look(tmp_path, "x.2bit", body[:size])


@pytest.mark.parametrize(
    "offset", [10, 2**32, 2**64 - 1], ids=["in the index", "beyond 32 bits", "beyond any file"]
)
def test_twobit_files_of_long_offsets(tmp_path: Path, offset: int) -> None:
    index = struct.pack("<4IB3sQ", 0x1A412743, 1, 1, 0, 3, b"chr", 28)
    body = index + struct.pack("<4IB", 4, 0, 0, 0, 0)
    assert look(tmp_path, "x.2bit", body) == len(body)
    damaged = body.replace(struct.pack("<Q", 28), struct.pack("<Q", offset))
    with pytest.raises(BrokenTransferError, match="no whole"):
        look(tmp_path, "x.2bit", damaged)


def test_twobit_files_without_sequences_pass(tmp_path: Path) -> None:
    assert look(tmp_path, "x.2bit", struct.pack("<4I", 0x1A412743, 0, 0, 0)) == 16


def test_real_genomes_pass(real_data: Path, tmp_path: Path) -> None:
    genomes = sorted((real_data / "mirror").rglob("*.fa.gz"))
    assert genomes
    assert look(tmp_path, genomes[0].name, genomes[0].read_bytes()) == genomes[0].stat().st_size
