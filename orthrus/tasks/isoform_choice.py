"""One isoform for every gene: the choice that all gene-level labels share."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from orthrus.identifiers import comparable
from orthrus.strings import folded
from orthrus.tasks.appris import rank

TAG = r"^appris_(principal|alternative)(?:_(\d))?$"
UNRANKED = 99


def choose_isoforms(
    transcripts: pl.DataFrame, appris: pl.DataFrame | None = None
) -> npt.NDArray[np.int64]:
    """Choose one transcript per gene.

    The first of these that differs decides: class and number of APPRIS (PRINCIPAL:1 first, what it
    does not list last), MANE Select, RefSeq Select, the longest CDS, the longest transcript, the
    smallest id.

    Parameters
    ----------
    transcripts
        A TRANSCRIPTS table. A gene without id goes by its symbol; a transcript of no gene is never
        chosen.
    appris
        A table of `appris.read`; None: the tags of `transcripts` say what they can.

    Returns
    -------
    (genes,) int64
        Chosen rows, ascending.
    """
    cds = pl.col("mature_cds_end") - pl.col("mature_cds_start")
    rows = transcripts.select(
        gene=pl.coalesce(comparable(pl.col("gene_id")), folded(pl.col("gene_name"))),
        transcript=comparable(pl.col("transcript_id")),
        id="transcript_id",
        length="length",
        cds=cds.fill_null(0),
        mane=pl.col("tags").list.contains("MANE_Select"),
        refseq=pl.col("tags").list.contains("RefSeq_Select"),
    ).with_row_index("row")
    if appris is None:
        rows = rows.join(_tagged(transcripts), on="row", how="left")
    else:
        rows = rows.join(appris.rename({"mane": "listed"}), on="transcript", how="left")
        rows = rows.with_columns(pl.col("mane") | pl.col("listed").fill_null(False))
    best_first = rows.filter(pl.col("gene").is_not_null()).sort(
        pl.col("rank").fill_null(UNRANKED), "mane", "refseq", "cds", "length", "id",
        descending=[False, True, True, True, True, False],
    )  # fmt: skip
    chosen = best_first.unique("gene", keep="first", maintain_order=True)["row"]
    return chosen.cast(pl.Int64).sort().to_numpy()


def _tagged(transcripts: pl.DataFrame) -> pl.DataFrame:
    """Return `row` and `rank` of the transcripts with a tag of APPRIS."""
    tags = (
        transcripts.select(pl.col("tags").alias("tag"))
        .with_row_index("row")
        .filter(pl.col("tag").list.len() > 0)
        .explode("tag")
        .with_columns(pl.col("tag").str.extract_groups(TAG))
        .unnest("tag")
    )
    return (
        tags.filter(pl.col("1").is_not_null())
        .group_by("row")
        .agg(rank(pl.col("1"), pl.col("2")).min().alias("rank"))
    )
