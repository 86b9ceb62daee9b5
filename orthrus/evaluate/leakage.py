"""What test rows of a task share with training rows: sequence, nearly so, gene or homology group.

Two transcripts are nearly identical when at least half of the k-mers of the one with fewer occur in
the other: 0.5^(1/32) is about 98 % identity. A twentieth of all k-mers, the same ones everywhere,
stands for the whole. Of the transcripts that share a k-mer, at most `COMPARED`, drawn alike for
every k-mer, are held against all of them, so that large families and repeats cost no more than in
proportion to their size.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from orthrus.array_types import Ints
from orthrus.evaluate import folds
from orthrus.random_streams import random_bits
from orthrus.strings import folded
from orthrus.transcripts.codes import BASE, UNKNOWN, Codes

K = 32
SCALE = 20
SHARED = 0.5
FEWEST = 5
"""Transcripts with fewer sampled k-mers are not compared."""
COMPARED = 200
"""Most transcripts that all others with the same k-mer are held against."""
BLOCK = 1 << 22


def report(
    task: pl.DataFrame, splits: pl.DataFrame, homology: pl.DataFrame | None = None
) -> dict[str, Any]:
    """Measure every seed of SPLITS on the rows of TASK; the result is ready for JSON.

    Parameters
    ----------
    task, splits
        The tables.
    homology
        HOMOLOGY of the same genes; None where no groups are known.

    Returns
    -------
    dict
        `rows`; `not_compared` (too short to tell near identity); and per seed `test`, the number of
        test rows, and in `shared` the number of those with a training row of the same `sequence`,
        of a `near_identical` one, of the same `gene` (by symbol, where a row has one), and, where
        groups are known, of the same `homology_group`.
    """
    codes = np.frombuffer(b"".join(task["codes"]), dtype=np.uint8)
    offsets = np.concatenate(([0], task["length"].to_numpy().cumsum()))
    sketch = sampled(codes, offsets)
    pairs = near_identical(sketch)
    symbol = pl.coalesce(folded(pl.col("gene_name")), "gene_id").alias("symbol")
    rows = task.select("codes", symbol).with_row_index("row")
    rows = rows.with_columns(folds.genes(task, splits))
    if homology is not None:
        groups = homology.select(gene="gene_id", homology_group="group")
        rows = rows.join(groups, on="gene", how="left", maintain_order="left")
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
        if homology is not None:
            shared["homology_group"] = test.join(train, on="homology_group", how="semi")
        counts = {name: found.height for name, found in shared.items()}
        seeds[str(seed)] = {"test": test.height, "shared": counts}
    compared = sketch.group_by("row").len().filter(pl.col("len") >= FEWEST).height
    return {"rows": task.height, "not_compared": task.height - compared, "seeds": seeds}


def sampled(codes: Codes, offsets: Ints, scale: int = SCALE) -> pl.DataFrame:
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
    """Return `row` and `other` (UInt32) of nearly identical pairs, in both orders.

    Every such pair is found whose k-mers are in at most `COMPARED` transcripts each; in larger
    families, those with one of the transcripts that were drawn.
    """
    sizes = sketch.group_by("row").len("size").filter(pl.col("size") >= FEWEST)
    kept = sketch.join(sizes, on="row", how="semi")
    common = (
        kept.join(_drawn(kept), on="kmer")
        .filter(pl.col("row") != pl.col("other"))
        .group_by("row", "other")
        .len("common")
        .join(sizes, on="row")
        .join(sizes.rename({"row": "other", "size": "other_size"}), on="other")
    )
    fewer = pl.min_horizontal("size", "other_size")
    found = common.filter(pl.col("common") >= SHARED * fewer).select("row", "other")
    return pl.concat([found, found.select(row="other", other="row")]).unique()


def _drawn(sketch: pl.DataFrame) -> pl.DataFrame:
    """Return `other` and `kmer` of the first `COMPARED` transcripts with each, in one random order.

    The order is the same for all k-mers, so that the first of a family are drawn for all it shares.
    """
    order = pl.Series("order", random_bits(sketch["row"].to_numpy()))
    rank = pl.int_range(pl.len()).over("kmer")
    ordered = sketch.with_columns(order).sort("order")
    return ordered.filter(rank < COMPARED).select("kmer", other="row")


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
    return random_bits(kmers[:count][at]), at
