"""GTF, whose CDS ends before the stop codon.

An end of a CDS that is `cmpl` has a start or stop codon, any other has none: that is how readers of
GTF tell. A codon that an intron splits has a line for each part.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from orthrus.annotation.exons import Exons
from orthrus.annotation.export.fields import ESCAPES, first, text
from orthrus.array_types import Ints
from orthrus.strings import format_expr

SOURCE = "orthrus"
ORDER = ("transcript", "exon", "CDS", "start_codon", "stop_codon")
ATTRIBUTES = {
    "gene_id": "gene_id",
    "transcript_id": "transcript_id",
    "gene_name": "gene_name",
    "transcript_type": "biotype",
}
NEEDED = "gene_id"
"""The attribute that is empty where its column is null; the others are left out."""
QUOTE = {'"': "%22"}


def lines(table: pl.DataFrame) -> pl.DataFrame:
    """Return a line for every transcript, exon, CDS part, start and stop codon of TRANSCRIPTS."""
    transcripts = _feature("transcript", np.arange(len(table)), table["tx_start"], table["tx_end"])
    described = table.select(
        row=pl.int_range(pl.len(), dtype=pl.Int64),
        chrom=first("chrom"),
        strand="strand",
        attributes=_attributes(),
    )
    features = pl.concat([transcripts, *_parts(table)])
    features = features.sort("row", pl.col("feature").cast(pl.Enum(ORDER)), "start")
    return features.join(described, on="row", how="left", maintain_order="left").select(
        "chrom",
        source=pl.lit(SOURCE),
        feature="feature",
        first=pl.col("start") + 1,
        last="end",
        score=pl.lit("."),
        strand="strand",
        phase=pl.col("phase").cast(pl.String()).fill_null("."),
        attributes="attributes",
    )


def _attributes() -> pl.Expr:
    columns = {name: text(column, **QUOTE) for name, column in ATTRIBUTES.items()}
    columns[NEEDED] = columns[NEEDED].fill_null("")
    named = [format_expr(f'{name} "{{}}";', column) for name, column in columns.items()]
    tag = format_expr('tag "{}";', pl.element().str.replace_many(ESCAPES | QUOTE))
    tags = pl.col("tags").list.eval(tag).list.join(" ")
    return pl.concat_str(*named, tags, separator=" ", ignore_nulls=True).str.strip_chars_end()


def _parts(table: pl.DataFrame) -> list[pl.DataFrame]:
    """Return exons, CDS parts, start and stop codons."""
    exons = Exons.of(table)
    reverse = (table["strand"] == "-").to_numpy()
    cds_start, cds_end = (table[name].fill_null(0).to_numpy() for name in ("cds_start", "cds_end"))
    coding = exons.coding(cds_start, cds_end)
    before = exons.upstream(coding, reverse)
    after = exons.sum(coding)[exons.transcript] - before - coding
    left, right = ((table[f"cds_{end}_stat"] == "cmpl").to_numpy() for end in ("start", "end"))
    starts, stops = np.where(reverse, right, left), np.where(reverse, left, right)
    in_start = np.clip(3 - before, 0, coding) * starts[exons.transcript]
    in_stop = np.clip(3 - after, 0, coding) * stops[exons.transcript]
    first_base = np.maximum(exons.starts, cds_start[exons.transcript])
    none = np.zeros_like(coding)
    parts = {
        "CDS": (none, coding - in_stop),
        "start_codon": (none, in_start),
        "stop_codon": (coding - in_stop, coding),
    }
    found = [_feature("exon", exons.transcript, exons.starts, exons.ends)]
    for name, (begin, end) in parts.items():
        # Counted in transcription direction from the first coding base of the exon.
        start = first_base + np.where(reverse[exons.transcript], coding - end, begin)
        phase = -(exons.frames + begin) % 3
        part = _feature(name, exons.transcript, start, start + end - begin, phase)
        found.append(part.filter(pl.col("end") > pl.col("start")))
    return found


def _feature(
    name: str, row: Ints, start: Ints | pl.Series, end: Ints | pl.Series, phase: Ints | None = None
) -> pl.DataFrame:
    columns = {"row": row, "feature": name, "start": start, "end": end, "phase": phase}
    whole = pl.Int64()
    return pl.DataFrame(
        columns,
        schema={"row": whole, "feature": pl.String(), "start": whole, "end": whole, "phase": whole},
    )
