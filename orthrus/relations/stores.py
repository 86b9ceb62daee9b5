"""What relations read from the stores: the identity of their transcripts and genes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from orthrus.errors import OrthrusError
from orthrus.transcripts.store import Store

IDENTITY = (
    "annotation_set",
    "transcript_id",
    "gene_id",
    "gene_name",
    "assembly",
    "species",
    "chrom",
    "origin",
    "reference_transcript",
    "length",
)
VERSIONED = r"^(ENS[A-Z]*\d+|[NX][MR]_\d+)\.\d+"


def unversioned(ids: pl.Expr) -> pl.Expr:
    """Drop the version of Ensembl and RefSeq identifiers.

    Other identifiers stay whole: the `.1` of WormBase's `Y74C9A.2a.1` is an isoform.
    """
    return ids.str.replace(VERSIONED, "${1}")


def filled(names: pl.Expr) -> pl.Expr:
    """Return `names` without surrounding blanks, null where nothing remains."""
    bare = names.str.strip_chars()
    return pl.when(bare != "").then(bare)


def folded(names: pl.Expr) -> pl.Expr:
    """Return gene symbols as they are compared: without case, null where empty."""
    return filled(names).str.to_lowercase()


def read_stores(paths: Sequence[Path]) -> pl.DataFrame:
    """Read the transcripts of stores, one after the other in the order given.

    Returns
    -------
    pl.DataFrame
        `row` (global, 0-based), `set_row` (within its store), the columns `IDENTITY`, and
        `coding` (whether the transcript has a CDS).

    Raises
    ------
    OrthrusError
        A store cannot be opened, or two stores hold the same annotation set.
    """
    read: dict[str, Path] = {}
    frames = []
    for path in paths:
        store = Store.open(path)
        name = store.annotation_set
        if name in read:
            raise OrthrusError(
                f"{path}: annotation set {name} was already read from {read[name]}; "
                "give every set once"
            )
        read[name] = path
        frames.append(_identities(store.table))
    return pl.concat(frames, rechunk=True).select(
        pl.int_range(pl.len(), dtype=pl.Int64).alias("row"), pl.all()
    )


def _identities(table: pl.DataFrame) -> pl.DataFrame:
    return table.select(
        pl.int_range(pl.len(), dtype=pl.Int64).alias("set_row"),
        *IDENTITY,
        pl.col("mature_cds_start").is_not_null().alias("coding"),
    )
