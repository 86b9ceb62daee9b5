"""Whether a gene table tells genes from transcripts."""

from __future__ import annotations

import polars as pl

from orthrus.identifiers import comparable
from orthrus.strings import filled

MOST = 0.9
"""From this share of its transcripts on, a table without genes has none."""


def geneless(rows: pl.DataFrame) -> str | None:
    """Say why nearly all transcripts have no gene but themselves; None where they have.

    Parameters
    ----------
    rows
        `transcript_id`, `gene_id`, `gene_name`.
    """
    gene = comparable(pl.col("gene_id"))
    nameless = filled(pl.col("gene_name")).is_null()
    repeats = nameless & (gene == comparable(pl.col("transcript_id"))).fill_null(value=False)
    counts = rows.select(repeats=repeats.sum(), none=(nameless & gene.is_null()).sum())
    repeated, none = counts.row(0)
    if len(rows) < 2 or repeated + none < MOST * len(rows):
        return None
    why = f"the gene_id of {repeated:,} of {len(rows):,} transcripts repeats their transcript_id"
    if none > repeated:
        why = f"{none:,} of {len(rows):,} transcripts have neither gene_id nor gene name"
    return (
        f"{why}, so they have no isoforms and no positive pairs of splice isoforms; take a table "
        "with gene names (genePredExt with name2, refFlat) or give its attributes"
    )
