"""Stop codons that a gene table leaves out of its CDSs.

GTF lists stop codons apart from the CDS. Where a tool writes no `stop_codon` lines, every CDS ends
three bases early, and only the genome tells.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from orthrus.annotation.exons import Exons
from orthrus.array_types import Flags, Ints
from orthrus.config.transcripts import StopCodon
from orthrus.transcripts.codes import CODON_START, Codes
from orthrus.transcripts.plausibility import Reading

WHOLE_TABLE = 0.9
"""`auto` extends where at least this share of the CDSs that can be judged lacks its stop codon."""


def lacking(reading: Reading, mode: StopCodon) -> Flags:
    """Return which CDSs are to be extended by the stop codon behind them, (n,) bool.

    A CDS can be judged if it ends with a stop codon, or if its last codon is whole and at least
    three bases of its transcript follow.
    """
    judged = np.count_nonzero(reading.stops | reading.open)
    wanted = mode == "extend" or (
        mode == "auto" and np.count_nonzero(reading.followed) >= max(1, WHOLE_TABLE * judged)
    )
    return reading.followed & wanted


def extend(
    table: pl.DataFrame, exons: Exons, codes: Codes, offsets: Ints, reading: Reading, rows: Flags
) -> pl.DataFrame:
    """Return `table` with the CDS of `rows` three bases longer, and mark that codon in `codes`.

    The genome shows that the CDS is complete at its 3' end, so its mark becomes `cmpl`.

    Parameters
    ----------
    table, exons, codes, offsets, reading
        As in `plausibility.read`.
    rows
        (n,) bool: three bases of the transcript follow the CDS, whose last codon is whole.
    """
    codes[(offsets[:-1] + reading.end)[rows]] |= CODON_START
    reverse = (table["strand"] == "-").to_numpy()
    sizes = exons.ends - exons.starts
    length = np.diff(offsets)[exons.transcript]
    through = np.cumsum(sizes) - offsets[exons.transcript]
    before = np.where(reverse[exons.transcript], length - through, through - sizes)
    # Counted along the transcript from the exon's first base; the stop codon starts at `place`.
    place = reading.end[exons.transcript] - before
    here = rows[exons.transcript] & (place + 2 >= 0) & (place + 2 < sizes)
    last = np.where(
        reverse[exons.transcript], exons.ends - 1 - (place + 2), exons.starts + place + 2
    )
    edge = np.zeros(len(table), dtype=np.int64)
    edge[exons.transcript[here]] = last[here]
    gained = rows[exons.transcript] & (exons.frames < 0) & (place <= 0) & (place > -3)
    frames = np.where(gained, -place, exons.frames)
    whole = Exons(exons.starts, exons.ends, frames, exons.offsets)
    return _lengthened(table, rows, reverse, edge, reading).with_columns(
        exon_frames=whole.lists()["exon_frames"]
    )


def _lengthened(
    table: pl.DataFrame, rows: Flags, reverse: Flags, edge: Ints, reading: Reading
) -> pl.DataFrame:
    """Return `table` with the CDS of `rows` up to base `edge`, (n,) genomic positions."""
    left, right = pl.Series(rows & reverse), pl.Series(rows & ~reverse)
    extended, place = pl.Series(rows), pl.Series(edge)
    start, end = pl.Series(reading.start), pl.Series(reading.end + 3)
    return table.with_columns(
        cds_start=pl.when(left).then(place).otherwise("cds_start"),
        cds_end=pl.when(right).then(place + 1).otherwise("cds_end"),
        cds_start_stat=pl.when(left).then(pl.lit("cmpl")).otherwise("cds_start_stat"),
        cds_end_stat=pl.when(right).then(pl.lit("cmpl")).otherwise("cds_end_stat"),
        mature_cds_start=pl.when(extended).then(start).otherwise("mature_cds_start"),
        mature_cds_end=pl.when(extended).then(end).otherwise("mature_cds_end"),
        has_utr=pl.when(extended).then((start > 0) | (end < pl.col("length"))).otherwise("has_utr"),
    )
