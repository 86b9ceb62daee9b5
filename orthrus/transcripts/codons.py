"""Where codons start within exons."""

from __future__ import annotations

import numpy as np
import polars as pl

from orthrus.annotation.exons import Exons, frames_from_start
from orthrus.array_types import Ints
from orthrus.config.transcripts import CodonPhase


def codon_slices(table: pl.DataFrame, exons: Exons, phase: CodonPhase) -> tuple[Ints, Ints]:
    """Return where codons start in every exon: at every third base of `first:end`, (e,) int64 each.

    Both count along the transcript from the exon's first base; `end` is 0 where no codon is.

    Parameters
    ----------
    table, exons
        Rows of TRANSCRIPTS and their exons.
    phase
        `annotated`: by the frame of each exon, so that a CDS may shift its frame between exons.
        `from_cds_start`: codons follow each other from the first base of the CDS, as in the
        published code.
    """
    reverse = (table["strand"] == "-").to_numpy()
    cds_start, cds_end = (table[name].fill_null(0).to_numpy() for name in ("cds_start", "cds_end"))
    frames = exons.frames
    if phase == "from_cds_start":
        frames = frames_from_start(exons, cds_start, cds_end, reverse)
    left = np.clip(cds_start[exons.transcript], exons.starts, exons.ends)
    right = np.clip(cds_end[exons.transcript], left, exons.ends)
    minus = reverse[exons.transcript]
    first = np.where(minus, exons.ends - right, left - exons.starts)
    end = np.where(minus, exons.ends - left, right - exons.starts)
    return first + -frames % 3, np.where(frames >= 0, end, 0)
