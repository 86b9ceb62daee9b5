"""The table of all pairs, for who wants it: enumerated piece by piece, straight into Parquet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from orthrus.array_types import Ints
from orthrus.files import atomic_file
from orthrus.log import track
from orthrus.relations.index import Relations
from orthrus.relations.pair_kinds import (
    CODES,
    KINDS,
    NAIVE,
    ORTHOLOG,
    SPLICE,
    check_kinds,
    own_projections_only,
)
from orthrus.relations.store_tables import open_tables, read_ahead

PIECE = 1 << 20


def export_pairs(
    folder: Path, path: Path, kinds: Iterable[str] = KINDS, stores: Sequence[Path] = ()
) -> int:
    """Write every pair of the relations in `folder` to a Parquet file and return their number.

    Columns: `base_row`, `partner_row` (global rows, see `sets.parquet`), `kind`, and `eligible`,
    whether the partner is below the length limit of the base's class. With the stores that the
    relations are of, also `base` and `partner`, the transcripts' ids; these all are in memory then.

    Raises
    ------
    OrthrusError
        The relations or stores cannot be read or do not belong together, or a kind is unknown.
    """
    wanted = check_kinds(kinds)
    relations = Relations.open(folder)
    ids = _read_ids(relations, stores) if stores else None
    nothing = enumerate_pairs(relations, np.empty(0, np.int64), wanted)
    schema = _name(nothing, ids).to_arrow().schema
    total = 0
    pieces = list(_pieces(relations))
    with atomic_file(path) as scratch, pq.ParquetWriter(scratch, schema, compression="zstd") as out:
        for bases in track(pieces, "Writing pairs"):
            pairs = enumerate_pairs(relations, bases, wanted)
            total += len(pairs)
            if len(pairs):
                out.write_table(_name(pairs, ids).to_arrow())
    return total


def _read_ids(relations: Relations, stores: Sequence[Path]) -> pl.Series:
    sets = relations.check_stores(open_tables(stores))
    return pl.concat(frame.to_series() for _, frame in read_ahead(sets, ["transcript_id"]))


def _pieces(relations: Relations) -> Iterator[Ints]:
    """Cut the bases into runs with about `PIECE` pairs each."""
    bases = np.flatnonzero(~relations.is_toga).astype(np.int64)
    group = relations.group[bases]
    sizes = relations.end - relations.start + relations.toga_end - relations.toga_start
    pairs = np.cumsum(sizes[group] - 1)
    cuts = np.flatnonzero(np.diff(pairs // PIECE)) + 1
    yield from np.split(bases, cuts)


def enumerate_pairs(relations: Relations, bases: Ints, kinds: frozenset[str]) -> pl.DataFrame:
    """Return all pairs of `bases`, in the order of MEMBERS, as rows and kind codes."""
    group = relations.group[bases]
    n_references = relations.end[group] - relations.start[group]
    size = n_references + relations.toga_end[group] - relations.toga_start[group]
    base = np.repeat(bases, size)
    place = np.arange(len(base)) - np.repeat(np.cumsum(size) - size, size)
    beyond = place - np.repeat(n_references, size)
    is_toga = beyond >= 0
    first = np.repeat(np.stack([relations.start[group], relations.toga_start[group]]), size, axis=1)
    at = np.where(is_toga, first[1] + beyond, first[0] + place)
    partner = np.empty(len(base), dtype=np.int64)
    partner[is_toga] = relations.projections[at[is_toga]]
    partner[~is_toga] = relations.references[at[~is_toga]]
    slot = np.repeat(relations.slots(bases), size)
    own = (relations.block_start[slot] <= at) & (at < relations.block_end[slot])
    code = np.where(is_toga, ORTHOLOG, np.where(own, SPLICE, NAIVE))
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


def _name(pairs: pl.DataFrame, ids: pl.Series | None) -> pl.DataFrame:
    names = {code: kind for kind, code in CODES.items()}
    kind = pl.col("code").replace_strict(names, return_dtype=pl.String).alias("kind")
    named = pairs.select("base_row", "partner_row", kind, "eligible")
    if ids is None:
        return named
    return named.with_columns(
        ids.gather(pairs["base_row"]).alias("base"),
        ids.gather(pairs["partner_row"]).alias("partner"),
    )
