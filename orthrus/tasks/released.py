"""Tasks from the processed releases of the benchmark suite: Parquet or npz."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from orthrus import benchmark_tasks
from orthrus.array_types import Floats
from orthrus.errors import OrthrusError
from orthrus.files import PARQUET_MAGIC, open_existing
from orthrus.identifiers import comparable, is_ensembl
from orthrus.strings import format_expr
from orthrus.tasks import release_npz, release_parquet
from orthrus.tasks.labels import Measured
from orthrus.tasks.release_parquet import Release


def is_release(path: Path) -> bool:
    """Tell whether a file is in a format of the processed releases, by its content."""
    return is_parquet(path) or release_npz.is_npz(path)


def is_parquet(path: Path) -> bool:
    """Tell whether a file is Parquet, by its first bytes."""
    with open_existing(path) as handle:
        return handle.read(len(PARQUET_MAGIC)) == PARQUET_MAGIC


def measure(name: str, task: benchmark_tasks.Task, sources: Sequence[Path]) -> Measured:
    """Read the files of a task, one per part, in the registry's order, and join their rows.

    Raises
    ------
    OrthrusError
        The number of files is not the number of parts, a file is malformed (see `processed.read`
        and `npz.read`), or two files differ in a transcript's codes.
    """
    if len(sources) != len(task.parts):
        wanted = " and ".join(part for part in task.parts if part) or "one file"
        raise OrthrusError(
            f"task {name}: needs {wanted}, in this order; {len(sources)} files given"
        )
    releases = [
        release_npz.read_release_npz(path)
        if release_npz.is_npz(path)
        else release_parquet.read_release_parquet(path)
        for path in sources
    ]
    blocks = [_labelled(*pair, task) for pair in zip(releases, task.parts, strict=True)]
    rows, targets = _join(releases, [block for block, _ in blocks])
    unmatched = sum(release.rows.height for release in releases) - rows.height * len(releases)
    names = tuple(label for _, labels in blocks for label in labels)
    facts: dict[str, Any] = {"route": "processed release", "released": releases[0].rows.height}
    if not task.raw:
        facts["raw"] = "how the raw data were processed is unpublished"
    return Measured(_named(rows, name, task), targets, names, {"unmatched": unmatched}, facts)


def _labelled(release: Release, part: str, task: benchmark_tasks.Task) -> tuple[Floats, list[str]]:
    """Return the targets of a part and the names of its labels, the most frequent ones only."""
    targets, width = release.targets, release.targets.shape[1]
    labels = np.array(release.labels or [f"label {1 + label}" for label in range(width)])
    if task.top_labels is not None and width > task.top_labels:
        positives = np.nansum(targets, axis=0)
        kept = np.sort(np.argsort(-positives, kind="stable")[: task.top_labels])
        targets, labels = targets[:, kept], labels[kept]
    if task.kind == "regression":
        labels = np.array(["value"])
    return targets, [f"{part} {label}".strip() for label in labels]


def _join(
    releases: list[Release], blocks: list[npt.NDArray[np.float64]]
) -> tuple[pl.DataFrame, Floats]:
    """Match the rows of all parts; keep those that every part has, in the first part's order.

    Rows are matched by transcript where the files name them, else by gene and codes (the n-th
    copy of one with the n-th copy of the other).
    """
    named = not any(release.rows["transcript"].null_count() for release in releases)
    key = ["transcript"] if named else ["gene", "codes", "copy"]
    frames = [_numbered(release.rows, f"at{part}") for part, release in enumerate(releases)]
    joined = frames[0]
    for part, frame in enumerate(frames[1:], start=1):
        columns = dict.fromkeys([*key, "codes", f"at{part}"])
        joined = joined.join(
            frame.select(*columns), on=key, how="inner", maintain_order="left", nulls_equal=True
        )
        if named and (other := joined.filter(pl.col("codes") != pl.col("codes_right"))).height:
            raise OrthrusError(
                f"{releases[part].path}: transcript {other['transcript'][0]} has other codes than "
                f"in {releases[0].path}; give files of one release"
            )
        joined = joined.drop("codes_right", strict=False)
    matched = [block[joined[f"at{part}"].to_numpy()] for part, block in enumerate(blocks)]
    return joined, np.hstack(matched)


def _numbered(rows: pl.DataFrame, index: str) -> pl.DataFrame:
    copy = pl.int_range(pl.len()).over("gene", "codes").alias("copy")
    return rows.with_row_index(index).with_columns(copy)


def _named(rows: pl.DataFrame, name: str, task: benchmark_tasks.Task) -> pl.DataFrame:
    """Name transcripts by their number where files do not, and tell symbols from identifiers.

    Where all are variants of one gene, each is a gene of its own, so that a split can part them.
    """
    numbered = format_expr("{}:{}", pl.lit(name), pl.col("at0") + 1)
    transcript = pl.coalesce("transcript", numbered)
    stable = is_ensembl(pl.col("gene"))
    gene_id: pl.Expr = pl.when(stable).then(comparable(pl.col("gene")))
    return rows.select(
        transcript_id=transcript,
        gene_id=transcript if task.one_gene else gene_id,
        gene_name=pl.when(~stable & (not task.one_gene)).then("gene"),
        chrom="chromosome",
        codes="codes",
        length="length",
    )
