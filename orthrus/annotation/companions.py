"""UCSC's tables that go with a GENCODE gene table: attributes and tags, by transcript."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from orthrus.annotation.lines import columns as split
from orthrus.annotation.lines import read_whole, whole_lines
from orthrus.errors import OrthrusError

GENE_ID = "c0"
TYPE_AFTER_ID = 2
"""`transcriptType` stands two columns right of `transcriptId` in every version."""


def add_attributes(rows: pl.DataFrame, path: Path) -> pl.DataFrame:
    """Return `rows` with `gene_id` and `biotype` from a wgEncodeGencodeAttrs dump.

    The number of columns differs between versions of the dump, so the one with transcript names is
    found by content.

    Raises
    ------
    OrthrusError
        The dump names none of the transcripts.
    """
    block = read_whole(path)
    names = tuple(f"c{i}" for i in range(block.parts[0].partition(b"\n")[0].count(b"\t") + 1))
    table = split(block, names, path) if len(names) > TYPE_AFTER_ID else pl.DataFrame()
    known = rows["transcript_id"].unique().implode()
    hits = {name: table[name].is_in(known).sum() for name in names if name in table.columns}
    found = max(names, key=lambda name: hits.get(name, 0))
    biotype = f"c{names.index(found) + TYPE_AFTER_ID}"
    if not hits.get(found) or biotype not in names:
        raise OrthrusError(f"{path}: names none of the transcripts; take the table's own version")
    table = table.select(transcript_id=found, _gene_id=GENE_ID, _biotype=biotype).unique(
        "transcript_id", keep="first", maintain_order=True
    )
    joined = rows.join(table, on="transcript_id", how="left", maintain_order="left")
    return joined.with_columns(
        gene_id=pl.coalesce("_gene_id", "gene_id"), biotype=pl.coalesce("_biotype", "biotype")
    ).drop("_gene_id", "_biotype")


def add_tags(rows: pl.DataFrame, path: Path) -> pl.DataFrame:
    """Return `rows` with the `tags` of a wgEncodeGencodeTag dump (transcriptId, tag) added.

    Raises
    ------
    OrthrusError
        A line has not two fields, or the dump names none of the transcripts.
    """
    table = whole_lines(path, ("transcript_id", "tag"), "a transcript, a tab and its tag")
    tags = table.group_by("transcript_id").agg(_tags="tag")
    joined = rows.join(tags, on="transcript_id", how="left", maintain_order="left")
    if not joined["_tags"].count():
        raise OrthrusError(f"{path}: names none of the transcripts; take the table's own version")
    none = pl.lit([], pl.List(pl.String()))
    both = pl.concat_list(pl.col("tags").fill_null(none), pl.col("_tags").fill_null(none))
    return joined.with_columns(tags=both).drop("_tags")
