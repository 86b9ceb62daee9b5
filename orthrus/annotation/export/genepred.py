"""Extended genePred, the 15 columns of UCSC's genePredExt without `bin`."""

from __future__ import annotations

import polars as pl

from orthrus.annotation.export.fields import first, numbers, text


def lines(table: pl.DataFrame) -> pl.DataFrame:
    """Return one line per row of TRANSCRIPTS.

    `name2` is the gene's symbol, or its identifier where there is none. A non-coding transcript has
    an empty CDS at its end, as in NCBI's tables.
    """
    return table.select(
        name=first("transcript_id"),
        chrom=text("chrom"),
        strand="strand",
        txStart="tx_start",
        txEnd="tx_end",
        cdsStart=pl.coalesce("cds_start", "tx_end"),
        cdsEnd=pl.coalesce("cds_end", "tx_end"),
        exonCount=pl.col("exon_starts").list.len(),
        exonStarts=numbers("exon_starts"),
        exonEnds=numbers("exon_ends"),
        score=pl.lit(0),
        name2=pl.coalesce(text("gene_name"), text("gene_id")),
        cdsStartStat="cds_start_stat",
        cdsEndStat="cds_end_stat",
        exonFrames=numbers("exon_frames"),
    )
