import hashlib
import struct

import numpy as np
import polars as pl
import pytest

from orthrus.transcripts.logical_digest import logical_digest

CODES = np.array([0, 1, 20], dtype=np.uint8)
OFFSETS = np.array([0, 1, 3])
TABLE = pl.DataFrame(
    {
        "name": ["a", None],
        "tags": [["x", "yz"], []],
        "frames": pl.Series([[0, -1], [1]], dtype=pl.List(pl.Int8)),
        "taxon": [None, 9606],
        "utr": [True, None],
    }
)


def test_is_what_the_format_page_defines() -> None:
    def ints(*values: int) -> bytes:
        return f"{len(values)} ".encode() + struct.pack(f"<{len(values)}q", *values)

    def octets(raw: bytes) -> bytes:
        return f"{len(raw)} ".encode() + raw

    parts = [
        b"orthrus six-track store 1\n",
        ints(0, 1, 3),
        octets(b"\x00\x01\x14"),
        *(octets(b"name"), octets(b"\x01\x00"), ints(1), octets(b"a")),
        *(octets(b"tags"), octets(b"\x01\x01"), ints(2, 0)),
        *(octets(b"\x01\x01"), ints(1, 2), octets(b"xyz")),
        *(octets(b"frames"), octets(b"\x01\x01"), ints(2, 1), octets(b"\x01\x01\x01")),
        ints(0, -1, 1),
        *(octets(b"taxon"), octets(b"\x00\x01"), ints(9606)),
        *(octets(b"utr"), octets(b"\x01\x00"), ints(1)),
    ]
    assert logical_digest(CODES, OFFSETS, TABLE) == hashlib.sha256(b"".join(parts)).hexdigest()


@pytest.mark.parametrize(
    "change",
    [
        pl.col("name").fill_null(""),
        pl.lit("b").alias("name"),
        pl.col("tags").list.reverse(),
        pl.Series("tags", [["xy", "z"], []]),
        pl.Series("frames", [[0], [-1, 1]], dtype=pl.List(pl.Int8)),
        pl.col("taxon").fill_null(0),
        pl.col("utr").fill_null(False),
    ],
)
def test_every_value_counts(change: pl.Expr | pl.Series) -> None:
    changed = TABLE.with_columns(change)
    assert logical_digest(CODES, OFFSETS, changed) != logical_digest(CODES, OFFSETS, TABLE)


def test_chunks_of_the_columns_do_not_count() -> None:
    chunked = pl.concat([TABLE[:1], TABLE[1:]], rechunk=False)
    assert logical_digest(CODES, OFFSETS, chunked) == logical_digest(CODES, OFFSETS, TABLE)
