"""What test rows of a task share with training rows: sequence, nearly so, or gene.

Two transcripts are nearly identical when at least half of the k-mers of the one with fewer occur in
the other: 0.5^(1/32) is about 98 % identity. A twentieth of all k-mers, the same ones everywhere,
stands for the whole.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from orthrus.evaluate import folds
from orthrus.relations.hashing import words
from orthrus.relations.stores import folded
from orthrus.transcripts.codes import BASE, UNKNOWN, Codes

K = 32
SCALE = 20
SHARED = 0.5
FEWEST = 5
"""Transcripts with fewer sampled k-mers are not compared."""
COMMONEST = 200
"""K-mers in more transcripts than this are repeats, and tell of no relation."""
BLOCK = 1 << 22

Offsets = npt.NDArray[np.int64]


def report(task: pl.DataFrame, splits: pl.DataFrame) -> dict[str, Any]:
    """Measure every seed of SPLITS on the rows of TASK; the result is ready for JSON.

    Returns
    -------
    dict
        `rows`; `not_compared` (too short to tell near identity); and per seed `test`, the number of
        test rows, and in `shared` the number of those with a training row of the same `sequence`,
        of a `near_identical` one, and of the same `gene`: by symbol, where a row has one.
    """
    codes = np.frombuffer(b"".join(task["codes"]), dtype=np.uint8)
    offsets = np.concatenate(([0], task["length"].to_numpy().cumsum()))
    sketch = sampled(codes, offsets)
    pairs = near_identical(sketch)
    symbol = pl.coalesce(folded(pl.col("gene_name")), "gene_id").alias("symbol")
    rows = task.select("codes", symbol).with_row_index("row")
    rows = rows.with_columns(folds.genes(task, splits))
    seeds = {}
    for seed in splits["seed"].unique(maintain_order=True):
        of_gene = splits.filter(pl.col("seed") == seed).select(gene="gene_id", fold="fold")
        placed = rows.join(of_gene, on="gene", how="inner")
        test, train = (placed.filter(pl.col("fold") == fold) for fold in ("test", "train"))
        alike = pairs.join(train, left_on="other", right_on="row", how="semi")
        shared = {
            "sequence": test.join(train, on="codes", how="semi"),
            "near_identical": test.join(alike, on="row", how="semi"),
            "gene": test.join(train, on="symbol", how="semi"),
        }
        counts = {name: found.height for name, found in shared.items()}
        seeds[str(seed)] = {"test": test.height, "shared": counts}
    compared = sketch.group_by("row").len().filter(pl.col("len") >= FEWEST).height
    return {"rows": task.height, "not_compared": task.height - compared, "seeds": seeds}


def sampled(codes: Codes, offsets: Offsets, scale: int = SCALE) -> pl.DataFrame:
    """Return one in `scale` of the k-mers without unknown bases, by their hashes.

    Parameters
    ----------
    codes, offsets
        (nt,) uint8 and (n + 1,) int64: transcripts end to end.

    Returns
    -------
    pl.DataFrame
        `row` (UInt32) and `kmer` (UInt64), each pair once.
    """
    parts = []
    first = 0
    while first < len(offsets) - 1:
        last = max(first + 1, int(np.searchsorted(offsets, offsets[first] + BLOCK, "right")) - 1)
        start, end = offsets[first], offsets[last]
        hashes, at = _hashes(codes[start:end])
        row = np.searchsorted(offsets, start + at, side="right") - 1
        kept = (hashes < np.uint64(2**64 // scale)) if scale > 1 else np.ones(len(at), dtype=bool)
        kept &= start + at + K <= offsets[row + 1]
        found = {"row": row[kept].astype(np.uint32), "kmer": hashes[kept]}
        parts.append(pl.DataFrame(found).unique())
        first = last
    return pl.concat(parts)


def near_identical(sketch: pl.DataFrame) -> pl.DataFrame:
    """Return `row` and `other` (UInt32) of every nearly identical pair, in both orders."""
    sizes = sketch.group_by("row").len("size").filter(pl.col("size") >= FEWEST)
    frequent = sketch.group_by("kmer").len().filter(pl.col("len") > COMMONEST)
    rest = sketch.join(sizes, on="row", how="semi").join(frequent, on="kmer", how="anti")
    common = (
        rest.join(rest.rename({"row": "other"}), on="kmer")
        .filter(pl.col("row") != pl.col("other"))
        .group_by("row", "other")
        .len("common")
        .join(sizes, on="row")
        .join(sizes.rename({"row": "other", "size": "other_size"}), on="other")
    )
    fewer = pl.min_horizontal("size", "other_size")
    return common.filter(pl.col("common") >= SHARED * fewer).select("row", "other")


def _hashes(codes: Codes) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    """Return the hash and the place of every k-mer of known bases, ends of transcripts ignored."""
    count = max(0, len(codes) - K + 1)
    kmers, unknown = (codes & BASE).astype(np.uint64), (codes & UNKNOWN) != 0
    size = 1
    while size < K:  # a k-mer is two of half its size
        kmers = kmers[:-size] << np.uint64(2 * size) | kmers[size:]
        unknown = unknown[:-size] | unknown[size:]
        size *= 2
    at = np.flatnonzero(~unknown[:count])
    return words(kmers[:count][at]), at
