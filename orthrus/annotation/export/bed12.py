"""BED12, which holds no frames, no completeness and no gene."""

from __future__ import annotations

import polars as pl

from orthrus.annotation.export.fields import first, numbers, text


def lines(table: pl.DataFrame) -> pl.DataFrame:
    """Return one line per row of TRANSCRIPTS; a non-coding one has an empty thick part."""
    start, ends = pl.col("exon_starts"), pl.col("exon_ends")
    sized = table.with_columns(sizes=ends - start, offsets=start - pl.col("tx_start"))
    return sized.select(
        chrom=first("chrom"),
        chromStart="tx_start",
        chromEnd="tx_end",
        name=text("transcript_id"),
        score=pl.lit(0),
        strand="strand",
        thickStart=pl.coalesce("cds_start", "tx_start"),
        thickEnd=pl.coalesce("cds_end", "tx_start"),
        itemRgb=pl.lit(0),
        blockCount=start.list.len(),
        blockSizes=numbers("sizes"),
        blockStarts=numbers("offsets"),
    )
