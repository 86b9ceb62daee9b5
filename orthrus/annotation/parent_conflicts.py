"""Parts of one GFF3 parent that are not of one transcript: the whole of it is rejected."""

from __future__ import annotations

import polars as pl

from orthrus.annotation.multiple_cds import several
from orthrus.annotation.trans_splicing import scrambled
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
