"""Features anyone can count: the baseline that an encoder has to beat.

With 4 tracks, the frequency of every k-mer up to a size, and the length. With 6, also what the
codon and exon tracks say: the lengths of CDS and UTRs, and the number of exons.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from orthrus.array_types import Floats, Ints
from orthrus.config.evaluate import FeatureSettings
from orthrus.evaluate.transcript_inputs import Transcripts
from orthrus.transcripts.codes import BASE, CODON_START, EXON_END, UNKNOWN


def count(transcripts: Transcripts, settings: FeatureSettings) -> npt.NDArray[np.float32]:
    """Return the features of every transcript, (n, width) float32.

    K-mers that hold an unknown nucleotide do not count; frequencies are shares of those that do.
    Lengths and counts enter as log(1 + x).
    """
    sizes = range(1, settings.k + 1)
    columns = [_frequencies(transcripts, k) for k in sizes]
    columns.append(np.log1p(transcripts.lengths)[:, None])
    if settings.tracks == 6:
        columns.append(np.log1p(structure(transcripts)))
    return np.concatenate(columns, axis=1).astype(np.float32)


def structure(transcripts: Transcripts) -> Floats:
    """Return the lengths of 5' UTR, CDS and 3' UTR, and the number of exons, (n, 4).

    A non-coding transcript has a 5' UTR of its whole length. The CDS ends with the codon that
    starts last.
    """
    starts, ends = transcripts.offsets[:-1], transcripts.offsets[1:]
    codons = np.flatnonzero(transcripts.codes & CODON_START)
    first, last = np.searchsorted(codons, starts), np.searchsorted(codons, ends)
    coding = last > first
    padded = np.append(codons, 0)
    cds_start = np.where(coding, padded[first], ends)
    cds_end = np.where(coding, np.minimum(padded[last - 1] + 3, ends), ends)
    exon_ends = np.flatnonzero(transcripts.codes & EXON_END)
    exons = np.searchsorted(exon_ends, ends) - np.searchsorted(exon_ends, starts)
    parts = (cds_start - starts, cds_end - cds_start, ends - cds_end, exons)
    return np.stack(parts, axis=1).astype(np.float64)


def _frequencies(transcripts: Transcripts, k: int) -> Floats:
    """Return the share of each k-mer among the countable ones of each transcript, (n, 4**k)."""
    codes, n = transcripts.codes, len(transcripts.lengths)
    words = np.zeros(max(len(codes) - k + 1, 0), dtype=np.int64)
    known = np.ones(len(words), dtype=bool)
    for place in range(k):
        window = codes[place : place + len(words)]
        words = words << 2 | (window & BASE)
        known &= window & UNKNOWN == 0
    owners = _owners(transcripts.offsets)
    known &= owners[: len(words)] == owners[k - 1 :][: len(words)]
    cells = owners[: len(words)][known] << 2 * k | words[known]
    counts = np.bincount(cells, minlength=n << 2 * k).reshape(n, 1 << 2 * k)
    shares: Floats = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return shares


def _owners(offsets: Ints) -> Ints:
    """Return the transcript that every nucleotide belongs to, (nt,)."""
    return np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
