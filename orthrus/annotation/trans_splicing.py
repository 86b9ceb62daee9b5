"""Transcripts that are spliced in trans, from several molecules (rps12, nad1, mod(mdg4)).

GFF3 and GTF mark them by `exception=trans-splicing`. Their exons may be on both strands, and in any
order; a transcript here is a stretch of one strand. Where the order of the lines, or of their
`part`, is that of the strand, they are transcripts as others are.
"""

from __future__ import annotations

import polars as pl

from orthrus.annotation.schema import integers
from orthrus.strings import format_expr

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
