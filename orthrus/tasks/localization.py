"""Protein localization from the Human Protein Atlas.

Newer tables have the columns `Main location` and `Additional location`; all have one column per
reliability (`Enhanced`, `Supported`, `Approved`, `Uncertain`), and hold locations apart by `;`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from orthrus.config.tasks import LocalizationSettings, TaskSettings
from orthrus.errors import OrthrusError
from orthrus.tasks import text
from orthrus.tasks.labels import Labels, commonest, indicator_matrix

RELIABILITIES = ("Enhanced", "Supported", "Approved", "Uncertain")
MAIN, ADDITIONAL = "Main location", "Additional location"


def read_raw(paths: Sequence[Path], taxon_id: int | None, settings: TaskSettings) -> Labels:  # noqa: ARG001
    """Read the table of locations; see `orthrus.benchmark_tasks.Raw`."""
    return read_localization(paths[0], settings.localization)


def read_localization(path: Path, settings: LocalizationSettings) -> Labels:
    """Read the genes that have one of the commonest locations.

    Raises
    ------
    OrthrusError
        The table has other columns, does not tell main locations that are asked for, or has no
        location of the reliabilities asked for.
    """
    frame = text.read_text_columns(path)
    text.require(frame, path, "the Human Protein Atlas's table of locations", ("Gene", "Gene name"))
    text.require(frame, path, "the Human Protein Atlas's table of locations", RELIABILITIES)
    if nameless := frame["Gene"].null_count():
        raise OrthrusError(f"{path}: {nameless} rows have no Gene; fetch it again")
    members = _locations(frame, settings.reliabilities)
    if MAIN in frame.columns:
        extra = () if settings.main_only else (ADDITIONAL,)
        listed = _locations(frame, (MAIN, *extra))
        members = listed.join(members, on=["gene", "label"], how="semi", maintain_order="left")
    elif settings.main_only:
        raise OrthrusError(
            f"{path}: does not tell main locations; set localization.main_only=false"
        )
    if members.is_empty():
        raise OrthrusError(f"{path}: has no location of these reliabilities; allow more of them")
    labels = commonest(members, settings.top)
    kept, targets = indicator_matrix(members, labels)
    genes = frame.select(gene_id="Gene", gene_name="Gene name").unique(
        "gene_id", keep="first", maintain_order=True
    )
    found = kept.join(genes, left_on="gene", right_on="gene_id", how="left", maintain_order="left")
    return Labels(
        found.select(gene_id="gene", gene_name="gene_name"),
        targets,
        tuple(labels),
        {"no_label": genes.height - kept.height},
        {"locations": members["label"].n_unique()},
    )


def _locations(frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Return `gene` and `label`, one row for each location in some columns."""
    lists = [
        frame.select(gene="Gene", label=pl.col(column).str.split(";"))
        .explode("label")
        .with_columns(pl.col("label").str.strip_chars())
        .filter(pl.col("label") != "")
        for column in columns
    ]
    return pl.concat(lists).unique(maintain_order=True)
