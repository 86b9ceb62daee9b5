"""From a FASTA of mature transcripts, with or without their CDS and exons, to rows of a store."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from orthrus.annotation.normalize import SetMetadata, normalise
from orthrus.annotation.schema import as_rows
from orthrus.array_types import Ints
from orthrus.transcripts.codes import CODON_START, EXON_END, Codes
from orthrus.transcripts.fasta import read_mature
from orthrus.transcripts.fasta_headers import add_features, intervals, read_headers


@dataclass(frozen=True)
class Mature:
    """The transcripts of a FASTA file.

    Attributes
    ----------
    codes, offsets
        (nt,) uint8, all transcripts end to end, and (n + 1,) int64. A transcript of unknown exons
        has no exon end, one of unknown CDS no codon.
    table
        Contract TRANSCRIPTS: every transcript is a plus strand of its own, named as itself, with
        one exon where none are known.
    without_exons
        How many transcripts have unknown exons.
    """

    codes: Codes
    offsets: Ints
    table: pl.DataFrame
    without_exons: int


def read_spliced(fasta: Path, features: Path | None, label: SetMetadata) -> Mature:
    """Read a FASTA file of mature transcripts; `headers` says where CDS and exons may stand.

    Parameters
    ----------
    fasta
        Plain, gzip or bgzip.
    features
        A table with what the headers do not say, or None.
    label
        Names the set and the species.

    Raises
    ------
    OrthrusError
        A file is unusable, or a CDS or exon list does not fit its transcript.
    """
    records = read_mature(fasta)
    known = read_headers(records.headers, fasta)
    if features:
        known = add_features(known, features)
    lengths = pl.Series(np.diff(records.offsets))
    places = intervals(known, lengths, fasta)
    table = _table(known.hstack(places), lengths, label)
    codes = records.codes
    coding = table.select("mature_cds_start", "mature_cds_end").with_columns(
        start=pl.Series(records.offsets[:-1])
    )
    codes[_codons(coding.drop_nulls())] |= CODON_START
    has_exons = places["exon_ends"].is_not_null()
    ends = pl.DataFrame({"start": records.offsets[:-1], "end": places["exon_ends"]})
    ends = ends.filter(has_exons).explode("end")
    codes[(ends["start"] + ends["end"] - 1).to_numpy()] |= EXON_END
    return Mature(codes, records.offsets, table, int((~has_exons).sum()))


def _table(known: pl.DataFrame, lengths: pl.Series, label: SetMetadata) -> pl.DataFrame:
    """Return the transcripts as rows of an annotation of sequences that are they themselves."""
    unknown = pl.col("exon_ends").is_null()
    rows = known.with_columns(
        source_row=pl.int_range(1, pl.len() + 1, dtype=pl.Int64),
        chrom="transcript_id",
        strand=pl.lit("+"),
        tx_start=pl.lit(0, pl.Int64),
        tx_end=lengths,
        exon_starts=pl.when(unknown).then(pl.lit([0])).otherwise("exon_starts"),
        exon_ends=pl.when(unknown).then(pl.concat_list(lengths)).otherwise("exon_ends"),
        cds_start_stat=pl.lit("unk"),
        cds_end_stat=pl.lit("unk"),
    )
    return normalise(as_rows(rows), label, min_intron=0)[0]


def _codons(coding: pl.DataFrame) -> np.ndarray:
    """Return the index in all codes of every third base of each CDS."""
    begin, end, start = coding.to_numpy().T
    counts = -(-(end - begin) // 3)
    before = np.cumsum(counts) - counts
    return np.repeat(start + begin - 3 * before, counts) + 3 * np.arange(counts.sum())
