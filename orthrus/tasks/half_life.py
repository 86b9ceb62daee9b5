"""RNA half-life from Saluki's first principal component of many measurements (Agarwal & Kelley).

Columns `ensembl_gene_id`, `external_gene_name` and `human_PC1` or `mouse_PC1`: not on the scale of
the processed releases, which does not matter to a correlation.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from orthrus.config.tasks import TaskSettings
from orthrus.tasks import text
from orthrus.tasks.labels import Labels


def read_human(paths: Sequence[Path], taxon_id: int | None, settings: TaskSettings) -> Labels:  # noqa: ARG001
    """Read those of human genes; see `orthrus.benchmark_tasks.Raw`."""
    return read_half_life(paths[0], "human_PC1")


def read_mouse(paths: Sequence[Path], taxon_id: int | None, settings: TaskSettings) -> Labels:  # noqa: ARG001
    """Read those of mouse genes; see `orthrus.benchmark_tasks.Raw`."""
    return read_half_life(paths[0], "mouse_PC1")


def read_half_life(path: Path, column: str) -> Labels:
    """Read the half-lives of one species.

    Parameters
    ----------
    column
        `human_PC1` or `mouse_PC1`.

    Raises
    ------
    OrthrusError
        The table has other columns, or a value is no number.
    """
    frame = text.read_text_columns(path)
    what = f"Saluki's table of {column}"
    text.require(frame, path, what, ("ensembl_gene_id", "external_gene_name", column))
    values = text.numbers(frame, column, path)
    genes = frame.select(gene_id="ensembl_gene_id", gene_name="external_gene_name")
    facts = {"scale": f"{column} as published; the processed releases have another scale"}
    return Labels(genes, values.to_numpy()[:, None], ("value",), facts=facts)
