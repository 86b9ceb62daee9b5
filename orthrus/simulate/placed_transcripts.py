"""Transcripts in the coordinates of one genome: exons, coding parts and frames."""

from __future__ import annotations

import numpy as np
import polars as pl

from orthrus.simulate.clade import Clade
from orthrus.simulate.genome import Genome, Placement
from orthrus.simulate.ragged import ranges


def exons(clade: Clade, genome: Genome, isoforms: np.ndarray) -> pl.DataFrame:
    """Return one row per exon of the given isoforms, in transcription order.

    Every isoform is placed on its chromosome, and once more on the alternate contig that holds its
    gene.

    Returns
    -------
    polars.DataFrame
        isoform, chrom, strand, number (from 1), start, end (genomic, nt); mature_start, mature_end
        (along the transcript); coding_start, coding_end (genomic; null without coding part) and
        frame of the first coding nucleotide (-1 without).
    """
    frames = [_on(clade, genome, genome.primary, isoforms)]
    if genome.alternate is not None:
        first = clade.isoforms.exons[clade.isoforms.offsets[isoforms], 0]
        held = isoforms[genome.alternate.piece(first) >= 0]
        frames.append(_on(clade, genome, genome.alternate, held))
    return pl.concat(frames)


def _on(clade: Clade, genome: Genome, placement: Placement, isoforms: np.ndarray) -> pl.DataFrame:
    offsets = clade.isoforms.offsets
    exon, source = ranges(offsets[isoforms], offsets[isoforms + 1])
    columns, isoform = clade.isoforms.exons[exon], isoforms[source]
    piece, start, end = placement.locate(columns)
    coding = coding_part(clade, columns, isoform)
    inside = coding[:, 1] > coding[:, 0]
    safe = np.where(inside[:, None], coding, columns)
    _, coding_start, coding_end = placement.locate(safe)
    inside &= coding_end > coding_start
    return (
        pl.DataFrame(
            {
                "isoform": isoform,
                "chrom": np.array(genome.names)[placement.chrom[piece]],
                "strand": np.where(placement.forward[piece], "+", "-"),
                "number": exon - offsets[isoform] + 1,
                "start": start,
                "end": end,
                "coding_start": coding_start,
                "coding_end": coding_end,
                "frame": np.where(inside, clade.frame[safe[:, 0]], -1),
            }
        )
        .with_columns(
            pl.when(pl.Series(inside)).then(pl.col("coding_start", "coding_end")),
            mature_end=(pl.col("end") - pl.col("start")).cum_sum().over("isoform"),
        )
        .with_columns(mature_start=pl.col("mature_end") - pl.col("end") + pl.col("start"))
    )


def coding_part(clade: Clade, columns: np.ndarray, isoform: np.ndarray) -> np.ndarray:
    """Return the coding part (start, end) of exons in columns; end ≤ start where there is none."""
    cds = clade.isoforms.cds[isoform]
    start, end = np.maximum(columns[:, 0], cds[:, 0]), np.minimum(columns[:, 1], cds[:, 1])
    return np.stack([start, np.where(cds[:, 0] < 0, 0, end)], axis=1)
