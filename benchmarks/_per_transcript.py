"""The baseline of encoding: transcript by transcript, one compressed file for each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from pyfaidx import Fasta

COMPLEMENT = str.maketrans("ACGT", "TGCA")


def write_npz(table: pl.DataFrame, genome: Path, folder: Path) -> None:
    """Encode the transcripts of a table and write `np.savez_compressed` files."""
    folder.mkdir(exist_ok=True)
    with Fasta(str(genome)) as sequences:
        for row in table.iter_rows(named=True):
            tracks = _encode(row, sequences)
            name = folder / f"{row['annotation_set']}.{row['transcript_id']}.npz"
            np.savez_compressed(name, six_track_data=tracks, length=tracks.shape[1])


def read_npz(folder: Path) -> int:
    """Read every file of a folder, and return the nucleotides."""
    nt = 0
    for path in folder.iterdir():
        with np.load(path) as arrays:
            nt += arrays["six_track_data"].shape[1]
    return nt


def _encode(row: dict[str, Any], genome: Fasta) -> np.ndarray:
    exons = list(zip(row["exon_starts"], row["exon_ends"], strict=True))
    parts = [str(genome[row["chrom"]][start:end]).upper() for start, end in exons]
    coding = [
        np.arange(start, end) >= row["cds_start"] if row["cds_start"] is not None
        else np.zeros(end - start, dtype=bool)
        for start, end in exons
    ]  # fmt: skip
    if row["cds_start"] is not None:
        for part, (start, end) in zip(coding, exons, strict=True):
            part &= np.arange(start, end) < row["cds_end"]
    sequence, in_cds = "".join(parts), np.concatenate(coding)
    lengths = [end - start for start, end in exons]
    if row["strand"] == "-":
        sequence, in_cds, lengths = (
            sequence.translate(COMPLEMENT)[::-1],
            in_cds[::-1],
            lengths[::-1],
        )
    letters = np.array(list(sequence))
    tracks = np.zeros((6, len(sequence)), dtype=np.uint8)
    for track, base in enumerate("ACGT"):
        tracks[track] = letters == base
    tracks[4, np.flatnonzero(in_cds)[::3]] = 1
    tracks[5, np.cumsum(lengths) - 1] = 1
    return tracks
