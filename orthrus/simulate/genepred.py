"""Gene tables as UCSC dumps them: genePredExt with `bin`, and GENCODE's companion tables."""

from __future__ import annotations

import numpy as np
import polars as pl

from orthrus.simulate.clade import Clade
from orthrus.strings import format_expr


def tab_separated(frame: pl.DataFrame, header: bool = False) -> bytes:
    """Return a table as tab-separated bytes, null as an empty field."""
    text: str = frame.write_csv(separator="\t", include_header=header, quote_style="never")
    return text.encode()


def gene_pred(
    clade: Clade, exons: pl.DataFrame, registry: pl.DataFrame, noncoding_cds: str
) -> pl.DataFrame:
    """Return genePredExt rows (16 columns) of placed exons, in genomic order.

    Parameters
    ----------
    exons : polars.DataFrame
        See `orthrus.simulate.placed_transcripts.exons`.
    registry : polars.DataFrame
        The transcripts to list.
    noncoding_cds : str
        What stands for the CDS of a non-coding transcript: `tx_start` (GENCODE) or `tx_end`
        (RefSeq).
    """
    rows = _rows(exons, registry)
    complete = clade.isoforms.complete[rows["isoform"].to_numpy()]
    rows = rows.with_columns(
        bin=pl.Series(bins(rows["tx_start"].to_numpy(), rows["tx_end"].to_numpy())),
        first=_stat(complete[:, 0]),
        last=_stat(complete[:, 1]),
        score=pl.lit(0),
    ).sort("chrom", "tx_start", "tx_end", "transcript_id")
    forward, coding = pl.col("strand") == "+", pl.col("cds_start").is_not_null()
    left = pl.when(forward).then("first").otherwise("last")
    right = pl.when(forward).then("last").otherwise("first")
    return rows.select(
        "bin", "transcript_id", "chrom", "strand", "tx_start", "tx_end",
        pl.col("cds_start").fill_null(pl.col(noncoding_cds)),
        pl.col("cds_end").fill_null(pl.col(noncoding_cds)),
        "count", "starts", "ends", "score", "gene_name",
        pl.when(coding).then(left).otherwise(pl.lit("none")).alias("cds_start_stat"),
        pl.when(coding).then(right).otherwise(pl.lit("none")).alias("cds_end_stat"),
        "frames",
    )  # fmt: skip


def _rows(exons: pl.DataFrame, registry: pl.DataFrame) -> pl.DataFrame:
    """Gather the exons of every placed transcript, in genomic order."""
    return (
        exons.join(registry.select("isoform", "transcript_id", "gene_name"), on="isoform")
        .sort("isoform", "chrom", "start")
        .group_by("isoform", "chrom", "strand", "transcript_id", "gene_name", maintain_order=True)
        .agg(
            pl.col("start").min().alias("tx_start"),
            pl.col("end").max().alias("tx_end"),
            pl.col("coding_start").min().alias("cds_start"),
            pl.col("coding_end").max().alias("cds_end"),
            pl.len().alias("count"),
            *(_list(name) for name in ("start", "end", "frame")),
        )
    )


def _list(name: str) -> pl.Expr:
    return (pl.col(name).cast(pl.String) + ",").str.join("").alias(f"{name}s")


def _stat(complete: np.ndarray) -> pl.Series:
    return pl.Series(np.where(complete, "cmpl", "incmpl"))


def bins(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return UCSC's bin of every interval: the smallest of 128 kb, 1 Mb, 8 Mb, … that holds it."""
    found = np.zeros(len(start), np.int64)
    for shift, first in ((29, 0), (26, 1), (23, 9), (20, 73), (17, 585)):
        inside = start >> shift == (end - 1) >> shift
        found = np.where(inside, first + (start >> shift), found)
    return found


def gencode_attributes(registry: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of wgEncodeGencodeAttrs (13 columns)."""
    coding = pl.col("transcript_type") == "protein_coding"
    return registry.sort("transcript_id").select(
        "gene_id", "gene_name", "gene_type", pl.lit("KNOWN").alias("gene_status"),
        "transcript_id", "transcript_name", "transcript_type",
        pl.lit("KNOWN").alias("transcript_status"),
        pl.lit("").alias("havana_gene"), pl.lit("").alias("havana_transcript"),
        pl.when(pl.col("tags").list.contains("CCDS")).then(ccds()).otherwise(pl.lit("")).alias("ccds"),
        "level",
        pl.when(coding).then(pl.lit("coding")).otherwise(pl.lit("nonCoding")).alias("class"),
    )  # fmt: skip


def ccds() -> pl.Expr:
    """Return the made-up CCDS identifier of a transcript."""
    return format_expr("CCDS{}.1", 90_000 + pl.col("isoform"))


def gencode_tags(registry: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of wgEncodeGencodeTag: transcript, tag."""
    return (
        registry.sort("transcript_id").select("transcript_id", "tags").explode("tags").drop_nulls()
    )
