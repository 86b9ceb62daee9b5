"""A random split of a task's own genes, where no homology groups of its species are known."""

from __future__ import annotations

import polars as pl

from orthrus import schemas
from orthrus.config.relations import SplitSettings
from orthrus.errors import OrthrusError
from orthrus.identifiers import comparable
from orthrus.relations.splits import assign


def split(task: pl.DataFrame, settings: SplitSettings) -> pl.DataFrame:
    """Return SPLITS of the genes of a TASK; transcripts of one gene stay together.

    Raises
    ------
    OrthrusError
        There are fewer genes than folds.
    """
    gene = pl.coalesce(comparable(pl.col("gene_id")), "gene_name").alias("gene_id")
    genes = (
        task.select("species", gene, "gene_name")
        .unique("gene_id", keep="first", maintain_order=True)
        .sort("gene_id")
        .with_row_index("group")
        .with_columns(pl.col("group").cast(pl.Int64))
    )
    try:
        folds = [assign(genes["group"].to_numpy(), settings.fractions, s) for s in settings.seeds]
    except OrthrusError as error:
        raise OrthrusError(f"the task's {genes.height} genes: {error}") from None
    return pl.concat(
        genes.with_columns(seed=pl.lit(seed, pl.Int64), fold=pl.Series(fold))
        for seed, fold in zip(settings.seeds, folds, strict=True)
    ).select(schemas.SPLITS.schema.names())
