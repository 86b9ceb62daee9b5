"""Parts of one GFF3 parent that are not of one transcript: the whole of it is rejected."""

from __future__ import annotations

import polars as pl

from orthrus.annotation.schema import integers
from orthrus.strings import format_expr


def clashes(rows: pl.DataFrame, parts: pl.DataFrame) -> pl.DataFrame:
    """Return `key`, `clash` (a fault) and `detail` of the transcripts whose parts clash.

    Parameters
    ----------
    rows
        One row per `key`: `chrom` and `strand` of its line, the lists `part_chrom` and
        `part_strand`, and whether it is spliced in `trans`.
    parts
        Their lines, as `scrambled` and `several` take them.
    """
    apart = pl.any_horizontal(
        (pl.col(f"part_{name}").list.len() != 1)
        | (pl.col(f"part_{name}").list.first() != pl.col(name))
        for name in ("chrom", "strand")
    )
    where = (pl.col(f"part_{name}").list.join(",") for name in ("chrom", "strand"))
    torn = rows.filter(apart).select(
        "key",
        clash=pl.when("trans").then(pl.lit("trans_spliced")).otherwise(pl.lit("strand")),
        detail=format_expr(
            "its line is on {} {}, its parts are on {} {}", "chrom", "strand", *where
        ),
    )
    trans = parts.filter(pl.col("key").is_in(rows.filter("trans")["key"].implode()))
    return pl.concat(
        [
            torn,
            _as_clashes(scrambled(trans), "trans_spliced"),
            _as_clashes(several(parts), "several_cds"),
        ]
    ).unique("key", keep="first", maintain_order=True)


def _as_clashes(found: pl.DataFrame, fault: str) -> pl.DataFrame:
    return found.select("key", pl.lit(fault).alias("clash"), "detail")


NUMBERS = r"[0-9A-Fa-f]{8}-?(?:[0-9A-Fa-f]{4}-?){3,}[0-9A-Fa-f]+|\d+"
NCBI = r"^cds-(?:[A-Z]P_\d|[A-Z]{3}\d{5})"


def several(parts: pl.DataFrame) -> pl.DataFrame:
    """Return `key` and `detail` of the transcripts with several CDSs.

    Parameters
    ----------
    parts
        Lines with `key`, `feature`, `cds` (the line's ID) and `protein` (its protein).
    """
    lines = parts.filter((pl.col("feature") == "CDS") & pl.col("cds").is_not_null())
    varied = lines.group_by("key").agg(pl.col("cds").n_unique()).filter(pl.col("cds") > 1)
    names = pl.col("cds")
    told = (
        lines.join(varied, on="key", how="semi")
        .group_by("key", maintain_order=True)
        .agg(
            proteins=pl.col("protein").drop_nulls().n_unique(),
            apart=names.is_duplicated().any()
            | (names.str.replace_all(NUMBERS, "#").n_unique() > 1)
            | names.str.contains(NCBI).all(),
            detail=pl.lit("CDSs ") + names.unique(maintain_order=True).head(3).str.join(", "),
        )
    )
    apart = pl.when(pl.col("proteins") > 0).then(pl.col("proteins") > 1).otherwise("apart")
    return told.filter(apart).select("key", "detail")


MARK = r'(?:^|;)\s*(?:exception[= ]"?[^;]*trans[-_ ]splicing|trans[-_ ]splicing\b)'
PART = r'(?:^|;)\s*part[= ]"?(\d+)'


def spliced_in_trans() -> pl.Expr:
    """Return whether `attributes` mark a line as part of a transcript that is spliced in trans."""
    return pl.col("attributes").str.contains(MARK).fill_null(False)


def scrambled(parts: pl.DataFrame) -> pl.DataFrame:
    """Return `key` and `detail` of the transcripts whose parts are not in the order of the strand.

    Parameters
    ----------
    parts
        Lines with `key`, `source_row`, `feature`, `start`, `end`, `strand` and `attributes`.
    """
    rank = pl.when(pl.col("strand") == "-").then(-pl.col("end")).otherwise("start")
    place = pl.coalesce(integers(pl.col("attributes").str.extract(PART)), pl.lit(0))
    rows = parts.with_columns(rank=rank, place=place)
    rows = rows.sort("key", "feature", "place", "source_row")
    back = (pl.col("rank") < pl.col("rank").shift()).over("key", "feature").fill_null(False)
    return (
        rows.filter(back)
        .unique("key", keep="first", maintain_order=True)
        .select(
            "key",
            detail=format_expr(
                "line {}: its parts are not in the order of its strand", "source_row"
            ),
        )
    )
