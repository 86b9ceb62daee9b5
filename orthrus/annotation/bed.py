"""BED12: one line per transcript, blocks relative to its start."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from orthrus.annotation.lines import Block, columns
from orthrus.annotation.rows import as_rows, integer_lists, integers, misfits

COLUMNS = (
    "chrom", "chromStart", "chromEnd", "name", "score", "strand",
    "thickStart", "thickEnd", "itemRgb", "blockCount", "blockSizes", "blockStarts",
)  # fmt: skip


def parse(blocks: Iterable[Block], path: str | Path) -> pl.DataFrame:
    """Parse BED12 text into `ROWS`; the CDS is thickStart to thickEnd, its completeness unknown."""
    return pl.concat((_parse(block, path) for block in blocks), rechunk=True)


def _parse(block: Block, path: str | Path) -> pl.DataFrame:
    table = columns(block, COLUMNS, path)
    table = table.filter(~pl.col("chrom").str.contains("^(track|browser) ").fill_null(False))
    table = table.with_columns(
        integers(pl.col("chromStart")).alias("tx_start"),
        integers(pl.col("chromEnd")).alias("tx_end"),
        integers(pl.col("thickStart")).alias("cds_start"),
        integers(pl.col("thickEnd")).alias("cds_end"),
        integers(pl.col("blockCount")).alias("exon_count"),
        integer_lists(pl.col("blockSizes")).alias("sizes"),
        integer_lists(pl.col("blockStarts")).alias("offsets"),
        pl.lit("unk").alias("cds_start_stat"),
        pl.lit("unk").alias("cds_end_stat"),
        pl.col("name").alias("transcript_id"),
    )
    numbers = ("tx_start", "tx_end", "cds_start", "cds_end", "exon_count")
    unequal = pl.col("sizes").list.len() != pl.col("offsets").list.len()
    fault = pl.coalesce(
        "fault",
        pl.when(misfits(numbers, ("sizes", "offsets"))).then(pl.lit("coordinate")),
        pl.when(unequal).then(pl.lit("exon_lists")),
    )
    table = table.with_columns(fault=fault)
    sound = pl.col("fault").is_null()
    blocks = _blocks(table.filter(sound))
    return as_rows(table.join(blocks, on="source_row", how="left", maintain_order="left"))


def _blocks(table: pl.DataFrame) -> pl.DataFrame:
    """Return `source_row`, `exon_starts` and `exon_ends` (genomic positions) of sound lines."""
    flat = table.select("source_row", "tx_start", "sizes", "offsets").explode("sizes", "offsets")
    start = pl.col("tx_start") + pl.col("offsets")
    return flat.group_by("source_row", maintain_order=True).agg(
        start.alias("exon_starts"), (start + pl.col("sizes")).alias("exon_ends")
    )
