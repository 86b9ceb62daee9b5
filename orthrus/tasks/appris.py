"""APPRIS: how well each isoform of a gene is supported by structure and conservation.

Two formats are published. The data files have no header, or lately one, and the columns gene name,
gene, transcript, CCDS, annotation and lately MANE. The download of the web site has a header and
puts the gene before its name. A header is told from a row by its words.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from orthrus.errors import OrthrusError
from orthrus.identifiers import comparable
from orthrus.tasks import text

ANNOTATION = r"^(PRINCIPAL|ALTERNATIVE|MINOR)(?::(\w+))?$"

_FIELDS = ("gene name", "gene id", "transcript id", "ccds id", "appris annotation", "mane")


def read_appris(path: Path) -> pl.DataFrame:
    """Read either format.

    Returns
    -------
    pl.DataFrame
        One row per transcript: `transcript` (without version), `rank` (see `rank`), `mane` (it is
        MANE Select).

    Raises
    ------
    OrthrusError
        The file has neither format, or a transcript has no annotation such as PRINCIPAL:1.
    """
    rows = _named(text.read_text_columns(path, header=False), path)
    wrong = rows.filter(~pl.col("appris annotation").str.contains(ANNOTATION).fill_null(False))
    if wrong.height:
        raise OrthrusError(
            f"{path}: {wrong['appris annotation'][0]!r} of transcript "
            f"{wrong['transcript id'][0]} is no annotation such as PRINCIPAL:1"
        )
    parts = pl.col("appris annotation").str.extract_groups(ANNOTATION).struct
    known = rows.select(
        transcript=comparable(pl.col("transcript id")),
        rank=rank(parts.field("1").str.to_lowercase(), parts.field("2")),
        mane=pl.col("mane").str.contains("(?i)select").fill_null(False),
    )
    return known.group_by("transcript", maintain_order=True).agg(
        pl.col("rank").min(), pl.col("mane").any()
    )


def rank(kind: pl.Expr, number: pl.Expr) -> pl.Expr:
    """Return what to sort isoforms by, best first: class, then number.

    PRINCIPAL:1 is 1, ALTERNATIVE:1 is 11; without a number a class is its last, so MINOR is 29.
    """
    first = kind.replace_strict(
        {"principal": 0, "alternative": 10, "minor": 20}, default=None, return_dtype=pl.Int64
    )
    return first + number.cast(pl.Int64, strict=False).fill_null(9)


def _named(frame: pl.DataFrame, path: Path) -> pl.DataFrame:
    """Name the columns as the web site does, in lower case, whichever format it is."""
    words = [str(word).strip().lower() for word in frame.row(0)]
    if "transcript id" in words:
        frame, names = frame.slice(1), words
    elif len(words) in (len(_FIELDS) - 1, len(_FIELDS)):
        names = list(_FIELDS[: len(words)])
    else:
        raise OrthrusError(
            f"{path}: is not APPRIS: no header, and {len(words)} columns instead of 5 or 6"
        )
    frame.columns = names
    text.require(frame, path, "APPRIS", ("transcript id", "appris annotation"))
    return frame if "mane" in names else frame.with_columns(mane=pl.lit(None, pl.String))
