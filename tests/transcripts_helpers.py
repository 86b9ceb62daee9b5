"""A slow, obvious reader and encoder of transcripts, independent of the package's own."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
from pyfaidx import Fasta

from orthrus import schemas
from orthrus.transcripts.store import write_store

COMPLEMENT = {"A": "T", "C": "G", "G": "C", "T": "A"}


@dataclass
class Transcript:
    """A transcript as an annotation file describes it; frames are in genomic order."""

    name: str
    chrom: str
    strand: str
    exons: list[tuple[int, int]]
    frames: list[int]
    cds: tuple[int, int] | None = None
    gene: str | None = None
    stats: tuple[str, str] = ("none", "none")
    annotation_set: str = "toy1.toy"
    extra: dict[str, object] = field(default_factory=dict)

    def row(self) -> dict[str, object]:
        return {name: None for name in schemas.TRANSCRIPTS.columns} | {
            "transcript_id": self.name,
            "gene_id": self.gene,
            "gene_name": self.gene,
            "annotation_set": self.annotation_set,
            "assembly": self.annotation_set.split(".")[0],
            "species": "Toy species",
            "chrom": self.chrom,
            "strand": self.strand,
            "tx_start": self.exons[0][0],
            "tx_end": self.exons[-1][1],
            "cds_start": self.cds[0] if self.cds else None,
            "cds_end": self.cds[1] if self.cds else None,
            "cds_start_stat": self.stats[0],
            "cds_end_stat": self.stats[1],
            "exon_starts": [start for start, _ in self.exons],
            "exon_ends": [end for _, end in self.exons],
            "exon_frames": self.frames,
            "tags": [],
            "origin": "annotation",
            "length": sum(end - start for start, end in self.exons),
            **self.extra,
        }


def table(transcripts: Iterable[Transcript]) -> pl.DataFrame:
    rows = [transcript.row() for transcript in transcripts]
    return schemas.check(pl.DataFrame(rows, schema=schemas.TRANSCRIPTS.schema), schemas.TRANSCRIPTS)


def write_codes(path: Path, name: str, transcripts: list[list[int]]) -> Path:
    """Write the store `<name>.toy.zarr` of these codes."""
    rows = [
        Transcript(f"{name}{i}", "c", "+", [(0, len(codes))], [-1], annotation_set=f"{name}.toy")
        for i, codes in enumerate(transcripts)
    ]
    codes = np.concatenate(transcripts).astype(np.uint8)
    offsets = np.cumsum([0, *map(len, transcripts)])
    attributes = {"annotation_set": f"{name}.toy"}
    store = path / f"{name}.toy.zarr"
    write_store(store, codes, offsets, table(rows), schemas.DROPPED.empty(), attributes)
    return store


def annotated_frames(exons: list[tuple[int, int]], cds: tuple[int, int], strand: str) -> list[int]:
    """The frames of an unbroken CDS, in genomic order."""
    frames, upstream = [], 0
    for start, end in exons if strand == "+" else exons[::-1]:
        coding = max(0, min(end, cds[1]) - max(start, cds[0]))
        frames.append(upstream % 3 if coding else -1)
        upstream += coding
    return frames if strand == "+" else frames[::-1]


def read_dump(path: Path, annotation_set: str) -> list[Transcript]:
    """Read a genePredExt dump with a leading bin column."""
    found = []
    with gzip.open(path, "rt") as lines:
        for line in lines:
            cells = line.rstrip("\n").split("\t")
            starts, ends, frames = (
                [int(number) for number in cells[column].rstrip(",").split(",")]
                for column in (9, 10, 15)
            )
            cds = (int(cells[6]), int(cells[7]))
            found.append(
                Transcript(
                    cells[1], cells[2], cells[3], list(zip(starts, ends, strict=True)), frames,
                    cds if cds[0] < cds[1] else None, cells[12], (cells[13], cells[14]),
                    annotation_set,
                )
            )  # fmt: skip
    return found


def read_projections(path: Path, annotation_set: str) -> list[Transcript]:
    """Read TOGA's BED12: projections are coding from end to end."""
    found = []
    with gzip.open(path, "rt") as lines:
        for line in lines:
            cells = line.rstrip("\n").split("\t")
            sizes, starts = ([int(n) for n in cells[c].rstrip(",").split(",")] for c in (10, 11))
            left, cds = int(cells[1]), (int(cells[6]), int(cells[7]))
            exons = [(left + s, left + s + n) for s, n in zip(starts, sizes, strict=True)]
            found.append(
                Transcript(
                    cells[3], cells[0], cells[5], exons, annotated_frames(exons, cds, cells[5]),
                    cds, annotation_set=annotation_set,
                )
            )  # fmt: skip
    return found


def oracle(genome: Fasta, transcript: Transcript, from_cds_start: bool = False) -> np.ndarray:
    """The six tracks, (L, 6) uint8, base by base."""
    tracks = []
    coding_seen = 0
    exons = list(zip(transcript.exons, transcript.frames, strict=True))
    for (start, end), frame in exons if transcript.strand == "+" else exons[::-1]:
        letters = str(genome[transcript.chrom][start:end]).upper().replace("U", "T")
        places = list(range(start, end))
        if transcript.strand == "-":
            letters = "".join(COMPLEMENT.get(letter, "N") for letter in reversed(letters))
            places.reverse()
        coding_in_exon = 0
        for letter, place in zip(letters, places, strict=True):
            codon_start = False
            if transcript.cds and transcript.cds[0] <= place < transcript.cds[1]:
                count = coding_seen if from_cds_start else frame + coding_in_exon
                codon_start = count % 3 == 0 and (from_cds_start or frame >= 0)
                coding_in_exon += 1
                coding_seen += 1
            tracks.append([*(letter == base for base in "ACGT"), codon_start, False])
        tracks[-1][5] = True
    return np.array(tracks, dtype=np.uint8)


def write_fasta(path: Path, sequences: dict[str, str], width: int = 50) -> Path:
    with path.open("w", newline="\n") as lines:
        for name, sequence in sequences.items():
            lines.write(f">{name} a description\n")
            for start in range(0, len(sequence), width):
                lines.write(sequence[start : start + width] + "\n")
    return path


def write_twobit(path: Path, sequences: dict[str, str], order: str = "<") -> Path:
    """Write a 2bit file of version 0, with blocks of N and of lower case."""
    head = struct.pack(order + "4I", 0x1A412743, 0, len(sequences), 0)
    offset = len(head) + sum(5 + len(name) for name in sequences)
    index, records = b"", b""
    for name, sequence in sequences.items():
        index += bytes([len(name)]) + name.encode()
        index += struct.pack(order + "I", offset + len(records))
        records += _twobit_record(sequence, order)
    path.write_bytes(head + index + records)
    return path


def _twobit_record(sequence: str, order: str) -> bytes:
    record = struct.pack(order + "I", len(sequence))
    for blocks in (_runs([c in "Nn" for c in sequence]), _runs([c.islower() for c in sequence])):
        numbers = [len(blocks), *(start for start, _ in blocks), *(size for _, size in blocks)]
        record += struct.pack(f"{order}{len(numbers)}I", *numbers)
    record += bytes(4)
    values = ["TCAG".find(letter) % 4 for letter in sequence.upper()]
    values += [0] * (-len(values) % 4)
    quads = zip(*(values[k::4] for k in range(4)), strict=True)
    return record + bytes(a << 6 | b << 4 | c << 2 | d for a, b, c, d in quads)


def _runs(flags: list[bool]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff([0, *map(int, flags), 0]))
    return [(int(a), int(b - a)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
