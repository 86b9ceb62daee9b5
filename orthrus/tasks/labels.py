"""Labels of genes, and the transcripts of a store that carry them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from orthrus.array_types import Floats
from orthrus.config.tasks import MIN_MATCHED
from orthrus.errors import OrthrusError
from orthrus.identifiers import comparable
from orthrus.joins import Join
from orthrus.strings import filled, folded
from orthrus.tasks.isoform_choice import choose_isoforms
from orthrus.transcripts.store import Store

EXAMPLES = 5
KEY = "tasks.min_matched"


@dataclass(frozen=True)
class Labels:
    """Targets of genes.

    Attributes
    ----------
    genes
        `gene_id`, `gene_name`: one row per gene, either may be null.
    targets
        (genes, labels) float64; NaN where there is none.
    names
        Of the labels.
    dropped
        Rows of the source that became no gene, by reason.
    facts
        What else to tell about how they were made.
    """

    genes: pl.DataFrame
    targets: Floats
    names: tuple[str, ...]
    dropped: Mapping[str, int] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Measured:
    """Transcripts with targets: what every route to a task returns.

    Attributes
    ----------
    rows
        `transcript_id` (null: to be numbered), `gene_id`, `gene_name`, `chrom`, `codes`, `length`.
    targets, names, dropped, facts
        As of `Labels`.
    """

    rows: pl.DataFrame
    targets: Floats
    names: tuple[str, ...]
    dropped: Mapping[str, int]
    facts: Mapping[str, Any]


def attach(
    labels: Labels,
    store: Store,
    appris: pl.DataFrame | None,
    least: float = MIN_MATCHED,
    source: Path | str = "labels",
) -> Measured:
    """Give the labels of each gene to its chosen isoform.

    A gene is found by its id; where the store has no such id, by a symbol that only one gene of
    the store has, in any case. Of several rows that find one gene the first counts.

    Raises
    ------
    OrthrusError
        Less than `least` of the genes of `source` are in the store.
    """
    table = store.table
    chosen = choose_isoforms(table, appris)
    matches = find(labels.genes, table[chosen])
    found = matches.filter(pl.col("at").is_not_null())
    first = found.unique("at", keep="first", maintain_order=True)
    lost = matches.filter(pl.col("at").is_null() & ~pl.col("ambiguous"))
    if first.is_empty():
        raise OrthrusError(
            f"{store.path}: holds none of the {len(matches)} genes of the labels, such as "
            f"{lost['label'][0] if len(lost) else matches['label'][0]}; take the store of their "
            "species"
        )
    held = table[chosen].select(pl.coalesce("gene_id", "gene_name")).to_series()
    Join(
        source, "genes of the store", len(first), len(held), len(matches), held[0],
        lost["label"][0] if len(lost) else None,
    ).check(least, KEY, "take the store of their species and release")  # fmt: skip
    targets = labels.targets[first["label_row"].to_numpy()]
    dropped = {
        "unmatched": len(lost),
        "ambiguous": int(matches["ambiguous"].sum()),
        "repeated": len(found) - len(first),
    }
    facts = {
        "route": "raw labels",
        "isoforms": "tags of the annotation" if appris is None else "APPRIS",
        "matched_by_symbol": int(first["by_symbol"].sum()),
        "unmatched_examples": lost["label"].head(EXAMPLES).to_list(),
    }
    rows = transcripts(store, chosen[first["at"].to_numpy()])
    return Measured(
        rows, targets, labels.names, {**labels.dropped, **dropped}, {**labels.facts, **facts}
    )


def find(genes: pl.DataFrame, table: pl.DataFrame) -> pl.DataFrame:
    """Find genes in a table that has one row per gene.

    Returns
    -------
    pl.DataFrame
        `label_row`, `label` (what the gene is called), `at` (row of `table`, null: not there),
        `by_symbol`, `ambiguous` (several genes have its symbol); in the order of `genes`.
    """
    known = table.select(
        id=comparable(pl.col("gene_id")), symbol=folded(pl.col("gene_name"))
    ).with_row_index("at")
    by_id = known.drop_nulls("id").select("id", at_id="at").unique("id", keep="first")
    by_symbol = (
        known.drop_nulls("symbol")
        .group_by("symbol")
        .agg(at_symbol=pl.col("at").min(), several=pl.len() > 1)
    )
    joined = (
        genes.select(
            id=comparable(pl.col("gene_id")),
            symbol=folded(pl.col("gene_name")),
            label=pl.coalesce(filled(pl.col("gene_id")), filled(pl.col("gene_name"))),
        )
        .with_row_index("label_row")
        .join(by_id, on="id", how="left", maintain_order="left")
        .join(by_symbol, on="symbol", how="left", maintain_order="left")
    )
    by_name = pl.col("at_id").is_null() & pl.col("at_symbol").is_not_null()
    several = by_name & pl.col("several").fill_null(False)
    return joined.select(
        "label_row",
        "label",
        pl.coalesce("at_id", pl.when(~several).then("at_symbol")).alias("at"),
        by_name.alias("by_symbol"),
        several.alias("ambiguous"),
    )


def transcripts(store: Store, rows: npt.NDArray[np.int64]) -> pl.DataFrame:
    """Return rows of a store as `Measured` has them; one without gene is a gene of its own."""
    codes, offsets = store.gather(rows)
    without = pl.all_horizontal(pl.col("gene_id", "gene_name").is_null())
    return store.table[rows].select(
        "transcript_id",
        pl.when(without).then("transcript_id").otherwise("gene_id").alias("gene_id"),
        "gene_name",
        "chrom",
        binary(codes, offsets).alias("codes"),
        "length",
    )


def binary(codes: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]) -> pl.Series:
    """Cut codes, end to end, into one binary value per transcript, without a loop over rows."""
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(codes))]
    array = pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(offsets) - 1, buffers)
    return pl.Series("codes", pl.from_arrow(array))


def commonest(members: pl.DataFrame, top: int) -> list[str]:
    """Return the `top` classes with most genes, most frequent first, then by name.

    Parameters
    ----------
    members
        `gene` and `label`; a pair that is there twice counts once.
    """
    counts = members.unique(["gene", "label"]).group_by("label").len()
    return counts.sort("len", "label", descending=[True, False])["label"].head(top).to_list()


def indicator_matrix(
    members: pl.DataFrame, labels: list[str]
) -> tuple[pl.DataFrame, npt.NDArray[np.float64]]:
    """Return the genes that are in a class of `labels`, and (genes, labels) of 0 and 1.

    Genes stand in the order in which they first occur in `members`.
    """
    column = pl.DataFrame({"label": labels, "at": range(len(labels))})
    kept = members.join(column, on="label", how="inner", maintain_order="left")
    genes = kept.select("gene").unique(maintain_order=True).with_row_index("row")
    cells = kept.join(genes, on="gene", how="left")
    targets = np.zeros((len(genes), len(labels)))
    targets[cells["row"].to_numpy(), cells["at"].to_numpy()] = 1
    return genes.select("gene"), targets
