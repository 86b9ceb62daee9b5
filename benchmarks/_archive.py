"""What an archive would save that lays orthologs side by side, where a store lays isoforms.

Reported only: a store is read at random, an archive as a whole.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
from _harness import Row
from numcodecs.blosc import Blosc
from numcodecs.zstd import Zstd

from orthrus.annotation.build import Files, build
from orthrus.annotation.normalize import SetMetadata
from orthrus.config.annotation import AnnotationSettings
from orthrus.config.transcripts import TranscriptsSettings
from orthrus.transcripts.codes import CODON_START, EXON_END
from orthrus.transcripts.encode import encode
from orthrus.transcripts.zarr_shard import CHUNK_BYTES, LEVEL

TRANSCRIPTS, SPECIES, LENGTH, EXON = 40, 100, 1_800, 150
DIVERGENCE = (0.05, 0.15)
LEVELS = (9, 19)
TOGA = "genome.senckenberg.de/download/TOGA/human_hg38_reference"
GENOMES = "hgdownload.soe.ucsc.edu/goldenPath"

Grouped = list[list[np.ndarray]]
"""Codes of species by species, each with the same transcripts in the same order."""


def archive_rows(real: Path | None) -> list[Row]:
    """Measure simulated orthologs, and the projections of a mirror of real data."""
    name = f"{SPECIES} simulated orthologs, {DIVERGENCE[0]:.0%}–{DIVERGENCE[1]:.0%} substitutions"
    rows = _rows(name, _simulated())
    return rows + (_rows("7 real TOGA queries", _projections(real / "mirror")) if real else [])


def _rows(name: str, species: Grouped) -> list[Row]:
    """Compare bits/nt of an archive with those of one store per species."""
    nt = sum(len(codes) for own in species for codes in own)
    blosc = Blosc("zstd", LEVEL, Blosc.BITSHUFFLE, CHUNK_BYTES)
    stores = sum(_stored(np.concatenate(codes), blosc) for codes in species)
    archive = np.concatenate(
        [codes for orthologs in zip(*species, strict=True) for codes in orthologs]
    )
    return [
        Row(
            f"{name}: zstd-{level} beside stores, bits/nt",
            8 * len(Zstd(level=level).encode(archive)) / nt,
            8 * stores / nt,
        )
        for level in LEVELS
    ]


def _stored(codes: np.ndarray, blosc: Blosc) -> int:
    starts = range(0, len(codes), CHUNK_BYTES)
    return sum(len(blosc.encode(codes[start : start + CHUNK_BYTES])) for start in starts)


def _simulated() -> Grouped:
    """Substitute bases of random transcripts, in each species a share of its own."""
    rng = np.random.default_rng(0)
    shape = (TRANSCRIPTS, LENGTH)
    ancestors = rng.integers(0, 4, shape, dtype=np.uint8)
    marks = np.zeros(LENGTH, dtype=np.uint8)
    marks[::3] |= CODON_START
    marks[EXON - 1 :: EXON] |= EXON_END
    species = []
    for share in rng.uniform(*DIVERGENCE, SPECIES):
        shifts = rng.integers(1, 4, shape, dtype=np.uint8) * (rng.random(shape) < share)
        species.append(list(((ancestors + shifts) % 4 | marks).astype(np.uint8)))
    return species


def _projections(mirror: Path) -> Grouped:
    """Encode the TOGA projections of each query, end to end those of a transcript by two chains.

    A query that lacks a transcript has no codes of it.
    """
    queries: list[dict[str, np.ndarray]] = []
    for bed in sorted((mirror / TOGA).glob("*/*/geneAnnotation.bed.gz")):
        assembly = bed.parent.name.rpartition("__")[2]
        label = SetMetadata(f"{assembly}.toga_hg38", "Query species")
        table = build(Files(bed), label, AnnotationSettings()).transcripts
        genome = mirror / GENOMES / assembly / "bigZips" / f"{assembly}.fa.gz"
        encoded = encode(table, genome, TranscriptsSettings())
        chains: dict[str, list[np.ndarray]] = defaultdict(list)
        cut = np.split(encoded.codes, encoded.offsets[1:-1])
        for name, codes in zip(encoded.table["reference_transcript"], cut, strict=True):
            chains[name].append(codes)
        queries.append({name: np.concatenate(codes) for name, codes in chains.items()})
    every = sorted(set().union(*queries))
    nothing = np.empty(0, dtype=np.uint8)
    return [[codes.get(name, nothing) for name in every] for codes in queries]
