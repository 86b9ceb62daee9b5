"""Tasks, splits, stores and probe tables made for tests of the evaluate and report stages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from orthrus import schemas
from orthrus.files import write_json
from orthrus.transcripts.store import write_store

SEEDS = (11, 12, 13)


def task_table(codes: Sequence[bytes], targets: Sequence[Sequence[float]]) -> pl.DataFrame:
    """Return a TASK table with genes G0, G1, … (identifiers) named Sym0, Sym1, …."""
    n = len(codes)
    return pl.DataFrame(
        {
            "transcript_id": [f"T{row}" for row in range(n)],
            "gene_id": [f"G{row}" for row in range(n)],
            "gene_name": [f"Sym{row}" for row in range(n)],
            "chrom": ["chr1"] * n,
            "species": ["Homo simulatus"] * n,
            "codes": list(codes),
            "length": [len(code) for code in codes],
            "target": [list(map(float, row)) for row in targets],
        },
        schema=schemas.TASK.schema,
    )


def write_task(path: Path, table: pl.DataFrame, name: str, kind: str) -> Path:
    """Write a task and its facts, labels named a, b, c, …."""
    schemas.write_table(table, path, schemas.TASK)
    metric = "pearson_r" if kind == "regression" else "auprc_micro"
    labels = list("abcdefghijkl"[: len(table["target"][0])])
    facts = {"name": name, "title": name.title(), "kind": kind, "metric": metric, "labels": labels}
    write_json(facts | {"n": table.height, "species": "Homo simulatus"}, path.with_suffix(".json"))
    return path


def splits_table(n: int, seeds: Sequence[int] = SEEDS) -> pl.DataFrame:
    """Return SPLITS of genes G0, G1, …, each its own group: 60 % train, 20 % val, 20 % test."""
    rows = [
        {
            "species": "Homo simulatus",
            "gene_id": f"G{gene}",
            "gene_name": f"SYM{gene}",
            "group": gene,
            "seed": seed,
            "fold": fold,
        }
        for seed in seeds
        for gene, fold in zip(range(n), _folds(n, seed), strict=True)
    ]
    return pl.DataFrame(rows, schema=schemas.SPLITS.schema)


def _folds(n: int, seed: int) -> list[str]:
    names = np.repeat(["train", "val", "test"], [n - 2 * (n // 5), n // 5, n // 5])
    return np.random.default_rng(seed).permutation(names).tolist()


def probe_table(
    task: str,
    model: str,
    values: Sequence[float],
    metric: str = "pearson_r",
    split: str = "homology",
) -> pl.DataFrame:
    """Return PROBE rows of one metric, seeds 0, 1, 2, …."""
    rows = [
        {"task": task, "model": model, "split": split, "seed": seed, "metric": metric}
        | {"value": float(value), "n_train": 70, "n_val": 15, "n_test": 15, "n_labels": 1}
        | {"alpha": None, "sklearn": None}
        for seed, value in enumerate(values)
    ]
    return pl.DataFrame(rows, schema=schemas.PROBE.schema)


def write_test_store(path: Path, codes: Sequence[bytes]) -> Path:
    """Write a store of transcripts T0, T1, …, each of one exon, all but the first coding."""
    n = len(codes)
    lengths = [len(code) for code in codes]
    same: dict[str, Any] = {
        "annotation_set": "simX1.ncbirefseq", "assembly": "simX1", "species": "Simulatus",
        "chrom": "chr1", "strand": "+", "tx_start": 0, "cds_start_stat": "cmpl",
        "cds_end_stat": "cmpl", "origin": "annotation",
    }  # fmt: skip
    columns = {name: [value] * n for name, value in same.items()} | {
        "transcript_id": [f"T{row}" for row in range(n)],
        "tx_end": lengths,
        "exon_starts": [[0]] * n,
        "exon_ends": [[length] for length in lengths],
        "exon_frames": [[0]] * n,
        "tags": [[]] * n,
        "length": lengths,
        "mature_cds_start": [None] + [0] * (n - 1),
        "mature_cds_end": [None, *[length // 3 * 3 for length in lengths[1:]]],
    }
    schema = schemas.TRANSCRIPTS.schema
    table = pl.DataFrame(
        {name: columns.get(name, [None] * n) for name in schema.names()}, schema=schema
    )
    offsets = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    flat = np.frombuffer(b"".join(codes), dtype=np.uint8)
    write_store(
        path, flat, offsets, table, schemas.DROPPED.empty(), {"annotation_set": "simX1.ncbirefseq"}
    )
    return path


def random_codes(n: int, longest: int = 60, seed: int = 0) -> list[bytes]:
    """Return the codes of `n` random transcripts of 1 to `longest` nucleotides."""
    rng = np.random.default_rng(seed)
    return [
        rng.integers(0, 4, size).astype(np.uint8).tobytes() for size in rng.integers(1, longest, n)
    ]
