"""From processed files to one task table and the facts about it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from orthrus.errors import OrthrusError
from orthrus.files import sha256
from orthrus.tables import TASK
from orthrus.tasks import processed, registry
from orthrus.tasks.processed import Release

STABLE_ID = r"^(ENS[A-Z]*\d+)(?:\.\d+)?$"


def build(name: str, sources: Sequence[Path], species: str) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Build the task `name` from its processed files.

    Parameters
    ----------
    name
        A task of `orthrus.tasks.registry`.
    sources
        One file per part of the task, in the registry's order.
    species
        Scientific name of the species the transcripts come from.

    Returns
    -------
    tuple
        The TASK table, and its facts: name, title, kind, labels, metric, species, n, max_length
        (nt), rows dropped by reason, P2's own counts, and sha256 of the sources.

    Raises
    ------
    OrthrusError
        The task is unknown, the number of files is not the number of its parts, a file is
        malformed (see `processed.read`), the target does not fit the kind, or no row is left.
    """
    task = registry.find(name)
    if len(sources) != len(task.parts):
        wanted = " and ".join(part for part in task.parts if part) or "one file"
        raise OrthrusError(
            f"task {name}: needs {wanted}, in this order; {len(sources)} files given"
        )
    releases = [processed.read(path) for path in sources]
    blocks = [_labelled(*pair, task) for pair in zip(releases, task.parts, strict=True)]
    rows, targets = _join(releases, [block for block, _ in blocks])
    dropped = {"unmatched": sum(release.rows.height for release in releases)}
    dropped["unmatched"] -= rows.height * len(releases)
    keep, reasons = _complete(rows, targets)
    rows, targets = rows.filter(keep), targets[keep]
    if rows.is_empty():
        raise OrthrusError(f"{sources[0]}: no row has a gene and a target; nothing to build")
    _check_kind(targets, task.kind, sources[0])
    frame = _table(rows, targets, name, species)
    facts = {
        "labels": [label for _, labels in blocks for label in labels],
        "species": species,
        "n": frame.height,
        "max_length": frame["length"].max(),
        "dropped": dropped | reasons,
        "sources": {path.name: sha256(path) for path in sources},
    }
    return frame, _published(name, task) | facts


def _published(name: str, task: registry.Task) -> dict[str, Any]:
    """Return what is known of a task before its files are read."""
    return {
        "name": name,
        "title": task.title,
        "kind": task.kind,
        "metric": task.metric,
        "published": {"n": task.published_n, "max_length": task.published_length},
    }


def _labelled(
    release: Release, part: str, task: registry.Task
) -> tuple[npt.NDArray[np.float64], list[str]]:
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
) -> tuple[pl.DataFrame, npt.NDArray[np.float64]]:
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


def _complete(
    rows: pl.DataFrame, targets: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.bool_], dict[str, int]]:
    """Tell which rows have a gene and every target, and count the others by reason."""
    gene = (rows["gene"].fill_null("") != "").to_numpy()
    target = np.isfinite(targets).all(axis=1)
    counts = {"no_gene": int((~gene).sum()), "missing_target": int((gene & ~target).sum())}
    return gene & target, counts


def _check_kind(targets: npt.NDArray[np.float64], kind: registry.Kind, path: Path) -> None:
    if kind == "regression" and targets.shape[1] != 1:
        raise OrthrusError(
            f"{path}: has {targets.shape[1]} targets per row, but the task is a regression"
        )
    if kind == "multilabel" and not np.isin(targets, (0, 1)).all():
        raise OrthrusError(
            f"{path}: a target is neither 0 nor 1, but the task has yes-or-no labels"
        )


def _table(
    rows: pl.DataFrame, targets: npt.NDArray[np.float64], name: str, species: str
) -> pl.DataFrame:
    numbered = pl.format("{}:{}", pl.lit(name), pl.col("at0") + 1)
    stable = pl.col("gene").str.extract(STABLE_ID)
    return rows.select(
        pl.coalesce("transcript", numbered).alias("transcript_id"),
        stable.alias("gene_id"),
        pl.when(stable.is_null()).then("gene").alias("gene_name"),
        pl.col("chromosome").alias("chrom"),
        pl.lit(species).alias("species"),
        pl.col("codes"),
        pl.col("length"),
        pl.Series("target", targets.tolist(), dtype=TASK.columns["target"].dtype),
    )
