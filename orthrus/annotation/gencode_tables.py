"""UCSC's tables that go with a GENCODE gene table: attributes and tags, by transcript."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from orthrus.annotation.lines import called, read_whole, whole_lines
from orthrus.annotation.lines import columns as split
from orthrus.errors import OrthrusError
from orthrus.identifiers import comparable, published, unversioned
from orthrus.joins import Join

GENE_ID = "c0"
TYPE_AFTER_ID = 2
"""`transcriptType` stands two columns right of `transcriptId` in every version."""
HINT = "take the table's own version"


def add_attributes(rows: pl.DataFrame, path: Path, least: float) -> pl.DataFrame:
    """Return `rows` with `gene_id` and `biotype` from a wgEncodeGencodeAttrs dump.

    The number of columns differs between versions of the dump, so the one with transcript names is
    found by content.

    Raises
    ------
    OrthrusError
        The dump names less than `least` of the transcripts.
    """
    block = read_whole(path)
    names = tuple(f"c{i}" for i in range(block.parts[0].partition(b"\n")[0].count(b"\t") + 1))
    if len(names) <= TYPE_AFTER_ID:
        raise OrthrusError(f"{path}: names none of the transcripts; {HINT}")
    table = split(block, names, path)
    known = rows.select(comparable(pl.col("transcript_id"))).to_series().implode()
    candidates = names[:-TYPE_AFTER_ID]
    hits = table.select(comparable(pl.col(*candidates)).is_in(known).sum()).row(0)
    at = hits.index(max(hits))
    table = table.select(
        transcript_id=names[at],
        _gene_id=published(pl.col(GENE_ID)),
        _biotype=names[at + TYPE_AFTER_ID],
    )
    joined = _joined(rows, table.unique("transcript_id", keep="first"), path, least)
    return joined.with_columns(
        gene_id=pl.coalesce("_gene_id", "gene_id"), biotype=pl.coalesce("_biotype", "biotype")
    ).drop("_gene_id", "_biotype")


def add_tags(rows: pl.DataFrame, path: Path, least: float) -> pl.DataFrame:
    """Return `rows` with the `tags` of a wgEncodeGencodeTag dump (transcriptId, tag) added.

    Raises
    ------
    OrthrusError
        A line has not two fields, or the dump names less than `least` of the transcripts.
    """
    table = whole_lines(path, ("transcript_id", "tag"), "a transcript, a tab and its tag")
    tags = table.group_by("transcript_id").agg(_tags="tag")
    joined = _joined(rows, tags, path, least)
    none = pl.lit([], pl.List(pl.String()))
    both = pl.concat_list(pl.col("tags").fill_null(none), pl.col("_tags").fill_null(none))
    return joined.with_columns(tags=both).drop("_tags")


def _joined(rows: pl.DataFrame, table: pl.DataFrame, path: Path, least: float) -> pl.DataFrame:
    """Return `rows` with the columns of a dump, found by transcript.

    Versions count where both have them: other ones are those of another release.
    """
    keys = [frame.select(published(pl.col("transcript_id"))).to_series() for frame in (rows, table)]
    bare = [key.to_frame().select(unversioned(pl.first())).to_series() for key in keys]
    if any(key.equals(without) for key, without in zip(keys, bare, strict=True)):
        keys = bare
    Join.of(path, "transcripts", *keys).check(least, called("min_matched"), HINT)
    table = table.drop("transcript_id").with_columns(_key=keys[1]).unique("_key", keep="first")
    joined = rows.with_columns(_key=keys[0]).join(
        table, on="_key", how="left", maintain_order="left"
    )
    return joined.drop("_key")
