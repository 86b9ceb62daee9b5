"""Classes of genes as a matrix of yes and no."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl


def commonest(members: pl.DataFrame, top: int) -> list[str]:
    """Return the `top` classes with most genes, most frequent first, then by name.

    Parameters
    ----------
    members
        `gene` and `label`; a pair that is there twice counts once.
    """
    counts = members.unique(["gene", "label"]).group_by("label").len()
    return counts.sort("len", "label", descending=[True, False])["label"].head(top).to_list()


def matrix(
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
