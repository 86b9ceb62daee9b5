"""Made corpora for the tests of pretraining."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import polars as pl
import torch

from orthrus import schemas
from orthrus.config.relations import GroupSettings
from orthrus.pretrain.augment import HIDDEN
from orthrus.pretrain.data import Batch
from orthrus.pretrain.similarity import Views
from orthrus.relations.build import build_relations
from orthrus.transcripts.codes import CODON_START, EXON_END, UNKNOWN, Codes
from orthrus.transcripts.store import write_store

TINY = [
    "encoder.width=16",
    "encoder.layers=1",
    "batch.tokens=2000",
    "batch.max_length=300",
    "train.steps=12",
    "train.warmup=3",
    "train.checkpoint_every=4",
    "train.validate_every=5",
    "train.threads=1",
    "validation.fraction=0.2",
]
"""Settings that train in a second."""


def made_transcript(rng: np.random.Generator, longest: int) -> Codes:
    """Return the codes of one random transcript, perhaps without a CDS or with unknown bases."""
    length = int(rng.integers(10, longest))
    codes = rng.integers(0, 4, length).astype(np.uint8)
    codes[rng.random(length) < 0.02] = UNKNOWN
    codes[[*rng.integers(0, length, 2), -1]] |= EXON_END
    if rng.random() < 0.8:
        start, end = np.sort(rng.integers(0, length + 1, 2))
        codes[start:end:3] |= CODON_START
    return codes


def made_codes(n: int, seed: int, longest: int) -> tuple[Codes, np.ndarray]:
    """Return the codes of `n` transcripts end to end, and their offsets (n + 1,)."""
    rng = np.random.default_rng(seed)
    return joined([made_transcript(rng, longest) for _ in range(n)])


def joined(parts: list[Codes]) -> tuple[Codes, np.ndarray]:
    """Put transcripts end to end."""
    return np.concatenate(parts), np.cumsum([0, *map(len, parts)])


def gene(rng: np.random.Generator) -> Codes:
    """Return a coding transcript: 20 to 40 nt of UTR on both sides of 30 to 60 codons."""
    utr_5, utr_3 = rng.integers(20, 40, 2)
    codons = int(rng.integers(30, 60))
    codes = rng.choice(4, utr_5 + 3 * codons + utr_3, p=rng.dirichlet(np.ones(4))).astype(np.uint8)
    codes[utr_5 : utr_5 + 3 * codons : 3] |= CODON_START
    codes[[utr_5 + 30, -1]] |= EXON_END
    return codes


def relative(codes: Codes, rng: np.random.Generator, *, cds_only: bool = False) -> Codes:
    """Return a copy with a tenth of its bases drawn anew and a shorter end, or without UTRs."""
    changed = rng.random(len(codes)) < 0.1
    fresh = np.where(changed, codes & 0xFC | rng.integers(0, 4, len(codes)), codes).astype(np.uint8)
    codons = np.flatnonzero(codes & CODON_START)
    return fresh[codons[0] : codons[-1] + 3] if cds_only else fresh[: -int(rng.integers(1, 15))]


def table(
    annotation_set: str, names: list[str], symbols: list[str], codes: list[Codes]
) -> pl.DataFrame:
    """Return a TRANSCRIPTS table of single-exon rows for `codes`."""
    toga = ".toga_" in annotation_set
    lengths = [len(one) for one in codes]
    n = len(codes)
    values = {
        "transcript_id": names,
        "gene_id": [None] * n if toga else [f"{annotation_set}_{symbol}" for symbol in symbols],
        "gene_name": symbols,
        "annotation_set": [annotation_set] * n,
        "assembly": [annotation_set.split(".")[0]] * n,
        "species": [f"Species {annotation_set.split('.')[0]}"] * n,
        "taxon_id": [None] * n,
        "chrom": ["chr1"] * n,
        "strand": ["+"] * n,
        "tx_start": [0] * n,
        "tx_end": lengths,
        "cds_start": [0] * n,
        "cds_end": lengths,
        "cds_start_stat": ["cmpl"] * n,
        "cds_end_stat": ["cmpl"] * n,
        "exon_starts": [[0]] * n,
        "exon_ends": [[length] for length in lengths],
        "exon_frames": [[0]] * n,
        "biotype": [None] * n,
        "tags": [[]] * n,
        "origin": ["toga" if toga else "annotation"] * n,
        "reference_transcript": [f"{symbol}.1" for symbol in symbols] if toga else [None] * n,
        "chain": [7] * n if toga else [None] * n,
        "loss_class": [None] * n,
        "orthology_class": [None] * n,
        "has_utr": [not toga] * n,
        "length": lengths,
        "mature_cds_start": [0] * n,
        "mature_cds_end": lengths,
    }
    return pl.DataFrame(values, schema=schemas.TRANSCRIPTS.schema)


def made_world(folder: Path, genes: int = 15, seed: int = 0) -> tuple[list[Path], Path]:
    """Write stores of two references and one TOGA query, and their relations.

    Every gene has two isoforms in the first reference, and one relative in each other set.
    """
    rng = np.random.default_rng(seed)
    ancestors = [gene(rng) for _ in range(genes)]
    symbols = [f"GENE{i}" for i in range(genes)]
    sets = {"simHum1.gencode_v1": 2, "simMus1.gencode_vM1": 1, "macSim1.toga_simHum1": 1}
    stores = []
    for annotation_set, isoforms in sets.items():
        toga = ".toga_" in annotation_set
        suffix = ".7" if toga else "" if isoforms > 1 else f".{annotation_set}"
        named = [
            (g, f"{symbols[g]}.{i + 1}{suffix}") for g in range(genes) for i in range(isoforms)
        ]
        codes = [relative(ancestors[g], rng, cds_only=toga) for g, _ in named]
        rows = table(annotation_set, [n for _, n in named], [symbols[g] for g, _ in named], codes)
        store = folder / f"{annotation_set}.zarr"
        about = {"annotation_set": annotation_set, "inputs": {}, "codon_phase": "annotated"}
        write_store(store, *joined(codes), rows, schemas.DROPPED.empty(), about)
        stores.append(store)
    build_relations(stores, folder / "relations", GroupSettings())
    return stores, folder / "relations"


def cosine(a: list[float], b: list[float]) -> float:
    """Return the cosine of two vectors."""
    dot = sum(x * y for x, y in zip(a, b, strict=True))
    return dot / math.sqrt(sum(x * x for x in a) * sum(y * y for y in b))


def made_views(n: int, seed: int = 0) -> tuple[Views, torch.Tensor, torch.Tensor]:
    """Return projections of `n` related pairs, float64, their weights and their gene groups."""
    generator = torch.Generator().manual_seed(seed)
    first = torch.randn(n, 5, generator=generator, dtype=torch.float64)
    second = first + 0.3 * torch.randn(n, 5, generator=generator, dtype=torch.float64)
    weights = torch.where(torch.rand(n, generator=generator) < 0.5, 0.8, 1.0).double()
    groups = torch.randint(0, max(2, n // 2), (n,), generator=generator)
    groups[0], groups[1] = 0, 1
    return Views(first, second), weights, groups


def some(views: Views, start: int, end: int) -> Views:
    """Return the pairs `start` to `end` of views."""
    return Views(*(view[start:end] for view in views))


def made_batch(pairs: int, seed: int = 0, marked: float = 0.0) -> Batch:
    """Return a batch of random codes, of which a share is to be predicted."""
    generator = torch.Generator().manual_seed(seed)
    longer = torch.randint(0, 4, (pairs, 30), generator=generator, dtype=torch.uint8)
    longer[torch.rand(pairs, 30, generator=generator) < marked] |= HIDDEN
    lengths = torch.randint(20, 31, (pairs,), generator=generator)
    longer[torch.arange(30) >= lengths[:, None]] = UNKNOWN
    return Batch(
        longer,
        longer[:, :20].contiguous(),
        lengths,
        torch.randint(15, 21, (pairs,), generator=generator),
        torch.rand(pairs, generator=generator) < 0.5,
        torch.randint(0, 4, (pairs,), generator=generator),
        torch.arange(pairs) * 2 // 3,
    )


def part(batch: Batch, start: int, end: int) -> Batch:
    """Return the pairs `start` to `end` of a batch."""
    return Batch(*(values[start:end] for values in batch))
