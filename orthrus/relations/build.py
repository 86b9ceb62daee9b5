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
from orthrus.relations.stores import filled, read_stores

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
    species = pl.Enum(rows["species"].unique().sort())
    members = grouped.select(
        "group",
        pl.col("origin") == "toga",
        pl.col("species").cast(species).to_physical(),
        "row",
    ).sort("group", "origin", "species", "row")
    return Tables(_corpus(grouped, members, settings), _pointers(grouped), members.select("row"))


def _corpus(grouped: pl.DataFrame, members: pl.DataFrame, settings: GroupSettings) -> pl.DataFrame:
    """Return CORPUS; `members` holds the rows, and what their blocks are, as in MEMBERS."""
    blocks = members.select(pl.struct("group", "origin", "species").rle_id())
    block = blocks.to_series().to_numpy()
    bounds = np.searchsorted(block, np.arange(block[-1] + 2)).astype(np.int64)
    block_of_row = np.empty_like(block)
    block_of_row[members["row"].to_numpy()] = block
    lengths = grouped["length"].to_numpy()
    classes = np.searchsorted(settings.length_classes, lengths, side="right").astype(np.int8)
    return grouped.with_columns(
        pl.Series("length_class", classes),
        pl.Series("member_start", bounds[block_of_row]),
        pl.Series("member_end", bounds[block_of_row + 1]),
    ).select(list(tables.CORPUS.columns))


def _pointers(grouped: pl.DataFrame) -> pl.DataFrame:
    """Return GROUPS: where every group starts, where its projections start, and where it ends.

    People know a group by the symbol, else the gene id, else the transcript of its first row.
    """
    group = grouped["group"].to_numpy()
    first = np.diff(np.maximum.accumulate(group), prepend=-1) > 0
    gene = filled(pl.col("gene_name")), filled(pl.col("gene_id"))
    names = grouped.filter(pl.Series(first)).select(
        "group", pl.coalesce(*gene, "reference_transcript", "transcript_id").alias("name")
    )
    toga = (grouped["origin"] == "toga").to_numpy()
    end = np.cumsum(np.bincount(group, minlength=len(names)))
    return names.with_columns(
        pl.Series("start", np.concatenate([[0], end[:-1]])),
        pl.Series("toga_start", end - np.bincount(group[toga], minlength=len(names))),
        pl.Series("end", end),
    )
