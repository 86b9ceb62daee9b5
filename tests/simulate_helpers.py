"""A slow, obvious reader of mirror trees, sharing no code with the package."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

UCSC = "hgdownload.soe.ucsc.edu/goldenPath"
STOPS = {"TAA", "TAG", "TGA"}
COMPLEMENT = str.maketrans("ACGTNacgtn", "TGCANtgcan")


def rows(path: Path) -> Iterator[list[str]]:
    """Yield the tab-separated fields of every line of a gzipped file."""
    with gzip.open(path, "rt") as handle:
        for line in handle:
            yield line.rstrip("\n").split("\t")


def read_genome(mirror: Path, assembly: str) -> dict[str, str]:
    genome: dict[str, list[str]] = {}
    for (line,) in rows(mirror / UCSC / assembly / "bigZips" / f"{assembly}.fa.gz"):
        if line.startswith(">"):
            parts = genome.setdefault(line[1:], [])
        else:
            parts.append(line)
    return {name: "".join(parts) for name, parts in genome.items()}


@dataclass
class Row:
    """One genePredExt row."""

    bin: int
    name: str
    chrom: str
    strand: str
    tx: tuple[int, int]
    cds: tuple[int, int]
    exons: list[tuple[int, int]]
    symbol: str
    stats: tuple[str, str]
    frames: list[int]

    @property
    def coding(self) -> bool:
        return self.cds[0] < self.cds[1]

    @property
    def complete(self) -> bool:
        return self.coding and self.stats == ("cmpl", "cmpl")


def numbers(text: str) -> list[int]:
    assert text.endswith(",")
    return [int(one) for one in text[:-1].split(",")]


def gene_pred(path: Path) -> list[Row]:
    table = []
    for f in rows(path):
        assert len(f) == 16
        starts, ends, frames = numbers(f[9]), numbers(f[10]), numbers(f[15])
        assert int(f[8]) == len(starts) == len(ends) == len(frames)
        table.append(
            Row(
                int(f[0]), f[1], f[2], f[3], (int(f[4]), int(f[5])), (int(f[6]), int(f[7])),
                list(zip(starts, ends, strict=True)), f[12], (f[13], f[14]), frames,
            )
        )  # fmt: skip
    return table


def splice(genome: dict[str, str], chrom: str, strand: str, blocks: list[tuple[int, int]]) -> str:
    sequence = "".join(genome[chrom][start:end] for start, end in blocks).upper()
    return sequence.translate(COMPLEMENT)[::-1] if strand == "-" else sequence


def coding_blocks(row: Row) -> list[tuple[int, int]]:
    clipped = [(max(s, row.cds[0]), min(e, row.cds[1])) for s, e in row.exons]
    return [(s, e) for s, e in clipped if s < e]


def coding_sequence(genome: dict[str, str], row: Row) -> str:
    return splice(genome, row.chrom, row.strand, coding_blocks(row))


def codons(sequence: str) -> list[str]:
    return [sequence[i : i + 3] for i in range(0, len(sequence) - 2, 3)]


def clean(sequence: str) -> bool:
    """ATG, stop, length divisible by 3, no inner stop."""
    parts = codons(sequence)
    return (
        len(sequence) % 3 == 0
        and parts[0] == "ATG"
        and parts[-1] in STOPS
        and not STOPS.intersection(parts[:-1])
    )
