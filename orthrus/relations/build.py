"""The tables of relations: CORPUS, GROUPS and MEMBERS, a CSR matrix of gene groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from orthrus import tables
from orthrus.config.relations import GroupSettings
from orthrus.errors import OrthrusError
from orthrus.files import write_json
from orthrus.relations.counts import count
from orthrus.relations.groups import group_transcripts
from orthrus.relations.stores import read_stores

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Tables:
    """The three tables, under their contracts in `orthrus.tables`."""

    corpus: pl.DataFrame
    groups: pl.DataFrame
    members: pl.DataFrame


def build_relations(
    stores: Sequence[Path], folder: Path, settings: GroupSettings
) -> dict[str, Any]:
    """Write `corpus.parquet`, `groups.parquet`, `members.parquet` and `counts.json` in `folder`.

    Returns the counts.

    Raises
    ------
    OrthrusError
        A store cannot be used (see `read_stores`, `group_transcripts`), or none holds a
        reference transcript.
    """
    rows = read_stores(stores)
    if not (rows["origin"] == "annotation").any():
        raise OrthrusError(
            f"{stores[0]}: no store given holds reference transcripts (origin annotation), "
            "so there are no pairs; add an annotated assembly"
        )
    built = tabulate(rows, settings)
    tables.write(built.corpus, folder / "corpus.parquet", tables.CORPUS)
    tables.write(built.groups, folder / "groups.parquet", tables.GROUPS)
    tables.write(built.members, folder / "members.parquet", tables.MEMBERS)
    counts = count(built.corpus)
    write_json(counts, folder / "counts.json")
    return counts


def tabulate(rows: pl.DataFrame, settings: GroupSettings) -> Tables:
    """Group transcripts (as from `read_stores`) and lay the groups out as CSR arrays."""
    grouped = group_transcripts(rows, settings.naive)
    members = grouped.sort("group", pl.col("origin") == "toga", "species", "row")
    start, end = _blocks(members)
    in_row_order = members["row"].arg_sort()
    lengths = grouped["length"].to_numpy()
    classes = np.searchsorted(settings.length_classes, lengths, side="right").astype(np.int8)
    corpus = grouped.with_columns(
        pl.Series("length_class", classes),
        pl.Series("member_start", start).gather(in_row_order),
        pl.Series("member_end", end).gather(in_row_order),
    )
    return Tables(
        corpus.select(list(tables.CORPUS.columns)), _pointers(grouped), members.select("row")
    )


def _blocks(members: pl.DataFrame) -> tuple[Ints, Ints]:
    """Return the bounds, (n,) and (n,), of every member's block: one group, origin, species."""
    runs = members.select(pl.struct("group", "origin", "species").rle_id())
    block = runs.to_series().to_numpy()
    bounds = np.searchsorted(block, np.arange(block[-1] + 2)).astype(np.int64)
    return bounds[block], bounds[block + 1]


def _pointers(grouped: pl.DataFrame) -> pl.DataFrame:
    """Return GROUPS: where every group starts, where its projections start, and where it ends."""
    sizes = (
        grouped.group_by("group")
        .agg(
            pl.col("group_name").first().alias("name"),
            pl.len().cast(pl.Int64).alias("size"),
            (pl.col("origin") == "toga").sum().cast(pl.Int64).alias("projections"),
        )
        .sort("group")
    )
    end = pl.col("size").cum_sum()
    return sizes.select(
        "group",
        "name",
        (end - pl.col("size")).alias("start"),
        (end - pl.col("projections")).alias("toga_start"),
        end.alias("end"),
    )
