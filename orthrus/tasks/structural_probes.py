"""Structural probes: what a store itself tells of its transcripts, as tasks (paper, Figure 2A).

Lengths and exon counts span three orders of magnitude, so targets are log2 of one plus the number.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from orthrus.config.tasks import StructureSettings
from orthrus.errors import OrthrusError
from orthrus.tasks.labels import Measured, commonest, indicator_matrix, transcripts
from orthrus.transcripts.store import Store

LENGTHS = {
    "cds-length": pl.col("mature_cds_end") - pl.col("mature_cds_start"),
    "utr5-length": pl.col("mature_cds_start"),
    "utr3-length": pl.col("length") - pl.col("mature_cds_end"),
    "exon-count": pl.col("exon_starts").list.len().cast(pl.Int64),
}
"""What is counted for each regression, in nt or exons; null: the transcript has no such thing."""
BIOTYPE = "biotype"


def measure(name: str, store: Store, settings: StructureSettings) -> Measured:
    """Return all transcripts of a store that have what the task `name` asks for.

    Raises
    ------
    OrthrusError
        No transcript is coding (of the lengths), or there are fewer than two biotypes.
    """
    if name == BIOTYPE:
        return _biotypes(store, settings)
    counts = store.table.with_row_index("row").select("row", count=LENGTHS[name])
    found = counts.filter(pl.col("count") >= 0)
    if found.is_empty():
        raise OrthrusError(f"{store.path}: no transcript is coding; {name} cannot be measured")
    targets = np.log2(1 + found["count"].to_numpy())[:, None]
    rows = transcripts(store, found["row"].cast(pl.Int64).to_numpy())
    return Measured(
        rows,
        targets,
        ("log2(1 + number)",),
        {"not_coding": counts.height - found.height},
        {"route": "structure of a store"},
    )


def _biotypes(store: Store, settings: StructureSettings) -> Measured:
    known = store.table.with_row_index("gene").select("gene", label="biotype").drop_nulls()
    labels = commonest(known, settings.biotypes)
    if len(labels) < 2:
        raise OrthrusError(
            f"{store.path}: has {len(labels)} biotypes, nothing to tell apart; take an annotation "
            "with biotypes, such as GENCODE with its attributes"
        )
    kept, targets = indicator_matrix(known, labels)
    rows = transcripts(store, kept["gene"].cast(pl.Int64).to_numpy())
    dropped = {
        "no_biotype": len(store) - known.height,
        "rare_biotype": known.height - kept.height,
    }
    facts = {"route": "structure of a store", "exclusive": True}
    return Measured(rows, targets, tuple(labels), dropped, facts)
