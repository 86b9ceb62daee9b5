"""Frame shifts within an exon: the exon is cut where the frame changes.

Ribosomes slip on the mRNAs of OAZ1 and PEG10. NCBI gives such a gene two CDS parts in one exon, one
nucleotide apart or overlapping by one. In genePred such a gene has two exons that touch, each with
a frame of its own, and that is the normal form. A cut lies where the earlier part ends in
transcription direction, or where the later one starts if that comes first. Nucleotides that are
skipped stay in the transcript and start no codon; those that are read twice start one where the
later part says so.

Two CDS parts of one exon that are more than `MAX_SLIP` apart, and parts of different exons between
which there is exonic sequence, are not one CDS.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from orthrus.strings import format_expr

MAX_SLIP = 2
"""The largest number of nt that a ribosome skips or reads twice here."""


def following(coding: pl.DataFrame, exons: pl.DataFrame) -> pl.DataFrame:
    """Return the CDS parts that follow another one of their transcript.

    Parameters
    ----------
    coding
        Parts with `key`, `strand`, `start`, `end`, `phase`, `stop`, `rank` (position in
        transcription direction) and `exon`, in transcription order.
    exons
        `start` and `end` of the exons, of which `exon` is the row.

    Returns
    -------
    pl.DataFrame
        `key`, `strand`, `exon`, `cut` (the position between the two), `frame` (of the first base
        behind it), `shifted` (the part shares the exon of the part before, but not its frame) and
        `apart` (how the two lie if they are not one CDS, else null).
    """
    parts = _beside(coding.filter(~pl.col("stop") & (pl.col("exon") >= 0)), exons)
    within = pl.col("exon") == pl.col("old_exon")
    gap = pl.col("rank") - pl.col("old_edge")
    step = pl.col("phase") - pl.col("old_phase") + pl.col("rank") - pl.col("old_rank")
    continues = step % 3 == 0
    apart = (
        pl.when(within)
        .then((gap > MAX_SLIP) | ((gap < -MAX_SLIP) & ~continues))
        .otherwise(pl.max_horizontal("lead", "old_tail") > 0)
    )
    # Counted back from the later part, a codon may start in a skipped base: cut behind that base.
    back = -pl.col("phase") % 3
    behind = pl.when(back.is_between(1, gap)).then(pl.col("rank") - back + 1).otherwise("old_edge")
    place = pl.min_horizontal("rank", behind)
    lie = format_expr(
        "CDS parts {}-{} and {}-{} do not join", "old_start", "old_end", "start", "end"
    )
    return parts.select(
        "key",
        "strand",
        "exon",
        cut=pl.when(pl.col("strand") == "-").then(-place).otherwise(place),
        frame=(place - pl.col("rank") - pl.col("phase")) % 3,
        shifted=within & ~continues,
        apart=pl.when(apart).then(lie),
    )


def _beside(parts: pl.DataFrame, exons: pl.DataFrame) -> pl.DataFrame:
    """Return the parts that have one before, with its columns (`old_`).

    In transcription direction, `edge` is where a part ends, `lead` the number of nt of its exon
    before it, `tail` that of those behind it.
    """
    index = parts["exon"].to_numpy()
    left = pl.col("start") - pl.Series(exons["start"].to_numpy()[index])
    right = pl.Series(exons["end"].to_numpy()[index]) - pl.col("end")
    minus = pl.col("strand") == "-"
    parts = parts.with_columns(
        edge=pl.col("rank") + pl.col("end") - pl.col("start"),
        lead=pl.when(minus).then(right).otherwise(left),
        tail=pl.when(minus).then(left).otherwise(right),
    )
    before = pl.col("key", "start", "end", "phase", "rank", "exon", "edge", "tail")
    parts = parts.with_columns(before.shift().name.prefix("old_"))
    return parts.filter(pl.col("key") == pl.col("old_key"))


def cut(exons: pl.DataFrame, parts: pl.DataFrame) -> pl.DataFrame:
    """Return `exons` (`key`, `start`, `end`, `frame`) cut at the shifted ones of `parts`."""
    shifts = parts.filter("shifted").sort("exon", "cut")
    if shifts.is_empty():
        return exons
    at, place = shifts["exon"].to_numpy(), shifts["cut"].to_numpy()
    # In transcription direction, the frame of the cut is that of the piece behind it.
    behind = at + shifts["strand"].ne_missing("-").to_numpy()
    key, start, end, frame = (exons[name].to_numpy() for name in ("key", "start", "end", "frame"))
    return pl.DataFrame(
        {
            "key": np.insert(key, at, key[at]),
            "start": np.insert(start, at + 1, place),
            "end": np.insert(end, at, place),
            "frame": np.insert(frame, behind, shifts["frame"].to_numpy()),
        }
    )
