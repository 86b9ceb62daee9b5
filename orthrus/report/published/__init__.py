"""The paper's tables of results, as data: facts to set beside one's own."""

from __future__ import annotations

import io
from importlib import resources

import polars as pl

METRICS = {"R": "pearson_r", "auPRC": "auprc_micro"}
"""Our names of the paper's metrics; that its auPRC is the micro average is told by its code."""


def read_published(name: str) -> pl.DataFrame:
    """Return a table of the paper.

    Parameters
    ----------
    name
        `table_a1`, linear probes on frozen embeddings, or `table_a2`, models trained whole.

    Returns
    -------
    polars.DataFrame
        All text, in the order of the paper: `model`, `task` (named as ours), `metric` (named as
        ours), `value` and `ci` as printed, where `ci` is half of the 95 % interval in Table A1
        and unexplained in Table A2, which also has `labels`.
    """
    file = resources.files(__name__).joinpath(f"{name}.tsv")
    source = io.BytesIO(file.read_bytes())
    table = pl.read_csv(source, separator="\t", comment_prefix="#", infer_schema=False)
    return table.with_columns(pl.col("metric").replace_strict(METRICS))
