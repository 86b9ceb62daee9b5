"""GENCODE-like GTF: 1-based closed, the CDS without its stop codon, phases instead of frames."""

from __future__ import annotations

import polars as pl

from orthrus.simulate.genepred import ccds
from orthrus.strings import format_expr

HEADER = (
    "##description: synthetic annotation of {assembly}, all transcripts\n"
    "##provider: orthrus simulate\n##format: gtf\n"
)
_ORDER = ("gene", "transcript", "exon", "CDS", "start_codon", "stop_codon", "UTR")


def gtf(
    assembly: str, exons: pl.DataFrame, registry: pl.DataFrame, complete: pl.DataFrame
) -> bytes:
    """Return the GTF of transcripts that were placed once.

    Parameters
    ----------
    exons : polars.DataFrame
        See `orthrus.simulate.placed_transcripts.exons`.
    registry : polars.DataFrame
        The transcripts to list.
    complete : polars.DataFrame
        isoform, complete5, complete3.
    """
    table = exons.join(registry, on="isoform").join(complete, on="isoform")
    coding_at = pl.col("frame") >= 0
    first = pl.when(pl.col("strand") == "+").then(pl.col("coding_start") - pl.col("start"))
    offset = first.otherwise(pl.col("end") - pl.col("coding_end"))
    span = pl.col("coding_end") - pl.col("coding_start")
    table = table.with_columns(
        cds_start=(pl.col("mature_start") + offset).filter(coding_at).min().over("isoform"),
        cds_end=(pl.col("mature_start") + offset + span).filter(coding_at).max().over("isoform"),
        first_frame=pl.col("frame").filter(coding_at).first().over("isoform"),
        total=pl.col("mature_end").max().over("isoform"),
        stop=pl.when("complete3").then(3).otherwise(0),
        exon_id=format_expr("EXON{}", pl.struct("chrom", "start", "end").rank("dense")),
    )
    lines = pl.concat([_spans(table, "gene"), _spans(table, "transcript"), *_parts(table)])
    body: str = _ordered(lines).select(_line()).write_csv(include_header=False, quote_style="never")
    return (HEADER.format(assembly=assembly) + body).encode()


def _spans(table: pl.DataFrame, feature: str) -> pl.DataFrame:
    key = "gene" if feature == "gene" else "isoform"
    return table.group_by(key, maintain_order=True).agg(
        pl.col("start").min(), pl.col("end").max(), pl.all().exclude(key, "start", "end").first()
    ).select(_columns(feature, pl.lit(None, pl.Int64)))  # fmt: skip


def _parts(table: pl.DataFrame) -> list[pl.DataFrame]:
    """Return exons, CDS, codons and UTRs, each cut out of the exons in mature coordinates."""
    coding = table.filter(pl.col("cds_start").is_not_null())
    start, end, stop = pl.col("cds_start"), pl.col("cds_end"), pl.col("stop")
    whole = coding.filter("complete3")
    return [
        table.select(_columns("exon", pl.lit(None, pl.Int64))),
        _cut(coding, "CDS", start, end - stop, pl.col("first_frame")),
        _cut(coding.filter("complete5"), "start_codon", start, start + 3, pl.lit(0)),
        _cut(whole, "stop_codon", end - 3, end, pl.lit(0)),
        _cut(coding, "UTR", pl.lit(0), start, None),
        _cut(coding, "UTR", end - stop, pl.col("total"), None),
    ]


def _cut(
    table: pl.DataFrame, feature: str, low: pl.Expr, high: pl.Expr, frame: pl.Expr | None
) -> pl.DataFrame:
    """Cut mature positions `low:high` out of every exon; `frame` is that of position `low`."""
    begin, finish = pl.col("mature_start"), pl.col("mature_end")
    table = table.with_columns(
        lo=pl.max_horizontal(begin, low), hi=pl.min_horizontal(finish, high)
    ).filter(pl.col("lo") < pl.col("hi"))
    forward = pl.col("strand") == "+"
    start = (
        pl.when(forward)
        .then(pl.col("start") + pl.col("lo") - begin)
        .otherwise(pl.col("end") - (pl.col("hi") - begin))
    )
    phase = pl.lit(None, pl.Int64)
    if frame is not None:
        phase = (3 - (frame + pl.col("lo") - low) % 3) % 3
    table = table.with_columns(phase=phase, start=start).with_columns(
        end=pl.col("start") + pl.col("hi") - pl.col("lo")
    )
    return table.select(_columns(feature, pl.col("phase")))


def _columns(feature: str, phase: pl.Expr) -> list[pl.Expr]:
    number = pl.col("number")
    return [
        pl.lit(feature).alias("feature"),
        phase.cast(pl.Int64).alias("phase"),
        (pl.lit(0, pl.Int64) if feature in ("gene", "transcript") else number).alias("number"),
        pl.lit(_ORDER.index(feature)).alias("rank"),
        (pl.lit(-1, pl.Int64) if feature == "gene" else pl.col("isoform")).alias("isoform"),
        *(
            pl.col(name)
            for name in (
                "chrom", "start", "end", "strand", "gene", "gene_id", "gene_type", "gene_name",
                "transcript_id", "transcript_type", "transcript_name", "exon_id", "level", "tags",
            )
        ),
        ccds().alias("ccds"),
    ]  # fmt: skip


def _ordered(lines: pl.DataFrame) -> pl.DataFrame:
    place = (pl.struct("chrom", pl.col("start").min().over("gene"), "gene")).alias("place")
    block = (pl.col("feature") == "UTR").alias("block")
    return lines.with_columns(place, block).sort(
        "place", "isoform", "block", "number", "rank", "start"
    )


def _line() -> pl.Expr:
    feature = pl.col("feature")
    within = feature != "gene"
    numbered = within & (feature != "transcript")
    tags = pl.col("tags").list.eval(format_expr(' tag "{}";', pl.element())).list.join("")
    has_ccds = within & pl.col("tags").list.contains("CCDS")
    attributes = pl.concat_str(
        format_expr('gene_id "{}";', "gene_id"),
        _when(within, format_expr(' transcript_id "{}";', "transcript_id")),
        format_expr(' gene_type "{}"; gene_name "{}";', "gene_type", "gene_name"),
        _when(
            within,
            format_expr(
                ' transcript_type "{}"; transcript_name "{}";', "transcript_type", "transcript_name"
            ),
        ),
        _when(numbered, format_expr(' exon_number {}; exon_id "{}";', "number", "exon_id")),
        format_expr(" level {};", "level"),
        _when(within, pl.lit(' transcript_support_level "1";')),
        _when(within, tags),
        _when(has_ccds, format_expr(' ccdsid "{}";', "ccds")),
    )
    return pl.concat_str(
        "chrom", pl.lit("SIMULATED"), feature, pl.col("start") + 1, "end", pl.lit("."), "strand",
        pl.col("phase").cast(pl.String).fill_null("."), attributes, separator="\t",
    )  # fmt: skip


def _when(condition: pl.Expr, text: pl.Expr) -> pl.Expr:
    return pl.when(condition).then(text).otherwise(pl.lit(""))
