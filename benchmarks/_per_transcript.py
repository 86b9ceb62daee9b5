"""The baseline of encoding: transcript by transcript, one compressed file for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from pyfaidx import Fasta

COMPLEMENT = str.maketrans("ACGT", "TGCA")


def write_npz(table: pl.DataFrame, genome: Path, folder: Path) -> None:
    """Encode the transcripts of a table and write `np.savez_compressed` files."""
    folder.mkdir(exist_ok=True)
    for row, tracks in every(table, genome):
        name = folder / f"{row['annotation_set']}.{row['transcript_id']}.npz"
        np.savez_compressed(name, six_track_data=tracks, length=tracks.shape[1])


def read_npz(folder: Path) -> int:
    """Read every file of a folder, and return the nucleotides."""
    nt = 0
    for path in folder.iterdir():
        with np.load(path) as arrays:
            nt += arrays["six_track_data"].shape[1]
    return nt


def every(table: pl.DataFrame, genome: Path) -> Iterator[tuple[dict[str, Any], np.ndarray]]:
    """Yield each row and its tracks, (6, L) uint8, with codons as the frames of exons say."""
    with Fasta(str(genome)) as sequences:
        for row in table.iter_rows(named=True):
            yield row, _encode(row, sequences)


def _encode(row: dict[str, Any], genome: Fasta) -> np.ndarray:
    exons = list(zip(row["exon_starts"], row["exon_ends"], row["exon_frames"], strict=True))
    sequence = "".join(str(genome[row["chrom"]][start:end]).upper() for start, end, _ in exons)
    if row["strand"] == "-":
        sequence, exons = sequence.translate(COMPLEMENT)[::-1], exons[::-1]
    letters = np.array(list(sequence))
    tracks = np.zeros((6, len(sequence)), dtype=np.uint8)
    for track, base in enumerate("ACGT"):
        tracks[track] = letters == base
    place = 0
    for start, end, frame in exons:
        if row["cds_start"] is not None:
            bases = np.arange(start, end)
            coding = (bases >= row["cds_start"]) & (bases < row["cds_end"])
            coding = coding[::-1] if row["strand"] == "-" else coding
            tracks[4, place + np.flatnonzero(coding)[-frame % 3 :: 3]] = 1
        place += end - start
        tracks[5, place - 1] = 1
    return tracks
