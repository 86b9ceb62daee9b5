"""The table of all pairs, for who wants it: enumerated piece by piece, straight into Parquet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow.parquet as pq

from orthrus import tables
from orthrus.files import atomic_file
from orthrus.log import track
from orthrus.relations.index import Relations
from orthrus.relations.kinds import (
    CODES,
    KINDS,
    NAIVE,
    ORTHOLOG,
    SPLICE,
    check_kinds,
    own_projections_only,
)

Ints = npt.NDArray[np.int64]

PIECE = 1 << 20


def export_pairs(folder: Path, path: Path, kinds: Iterable[str] = KINDS) -> int:
    """Write every pair of the relations in `folder` to a Parquet file and return their number.

    Columns: `base_row`, `partner_row` (global rows), `base`, `partner` (transcript ids), `kind`,
    and `eligible`, whether the partner is below the length limit of the base's class.

    Raises
    ------
    OrthrusError
        The relations cannot be read, or a kind is unknown.
    """
    wanted = check_kinds(kinds)
    relations = Relations.open(folder)
    ids = tables.read(folder / "corpus.parquet", tables.CORPUS)["transcript_id"]
    schema = _name(enumerate_pairs(relations, np.empty(0, np.int64), wanted), ids).to_arrow().schema
    total = 0
    pieces = list(_pieces(relations))
    with atomic_file(path) as scratch, pq.ParquetWriter(scratch, schema, compression="zstd") as out:
        for bases in track(pieces, "Writing pairs"):
            pairs = enumerate_pairs(relations, bases, wanted)
            total += len(pairs)
            if len(pairs):
                out.write_table(_name(pairs, ids).to_arrow())
    return total


def _pieces(relations: Relations) -> Iterator[Ints]:
    """Cut the bases into runs with about `PIECE` pairs each."""
    bases = np.flatnonzero(~relations.is_toga).astype(np.int64)
    group = relations.group[bases]
    pairs = np.cumsum(relations.end[group] - relations.start[group] - 1)
    cuts = np.flatnonzero(np.diff(pairs // PIECE)) + 1
    yield from np.split(bases, cuts)


def enumerate_pairs(relations: Relations, bases: Ints, kinds: frozenset[str]) -> pl.DataFrame:
    """Return all pairs of `bases`, in the order of MEMBERS, as rows and kind codes."""
    group = relations.group[bases]
    size = relations.end[group] - relations.start[group]
    base = np.repeat(bases, size)
    first = np.repeat(relations.start[group] - (np.cumsum(size) - size), size)
    place = np.arange(len(base)) + first
    partner = relations.members[place]
    own = (relations.member_start[base] <= place) & (place < relations.member_end[base])
    code = np.where(relations.is_toga[partner], ORTHOLOG, np.where(own, SPLICE, NAIVE))
    keep = (partner != base) & np.isin(code, [CODES[kind] for kind in sorted(kinds)])
    if own_projections_only(kinds):
        keep &= relations.reference_row[partner] == base
    base_class, partner_class = relations.length_class[base], relations.length_class[partner]
    return pl.DataFrame(
        {
            "base_row": base,
            "partner_row": partner,
            "code": code.astype(np.int8),
            "eligible": (partner_class <= base_class) & (base_class < 2),
        }
    ).filter(keep)


def _name(pairs: pl.DataFrame, ids: pl.Series) -> pl.DataFrame:
    names = {code: kind for kind, code in CODES.items()}
    return pairs.select(
        "base_row",
        "partner_row",
        ids.gather(pairs["base_row"]).alias("base"),
        ids.gather(pairs["partner_row"]).alias("partner"),
        pl.col("code").replace_strict(names, return_dtype=pl.String).alias("kind"),
        "eligible",
    )
