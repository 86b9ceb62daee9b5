"""From feature lines (GTF, GFF3) to transcripts: exons, CDS and frames per transcript.

Three tables meet here, joined by `key` (Int64, one per transcript):

- transcripts: `key` and any columns of `ROWS` that the format gives; `strand`, `fault` and `detail`
  at least.
- exons: `key`, `start`, `end`.
- coding: `key`, `start`, `end`, `phase` (Int64, null for `.`, outside 0 to 2 if it is none),
  `stop` (a stop codon, no CDS part).

Positions are nt, 0-based and half-open.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import polars as pl

from orthrus.annotation.frame_shifts import cut, following
from orthrus.annotation.lines import Block, gene_rows
from orthrus.annotation.schema import integers, misfits
from orthrus.array_types import Ints
from orthrus.errors import OrthrusError

FIELDS = ("chrom", "source", "feature", "first", "last", "score", "strand", "phase", "attributes")


def read_features(block: Block, path: str | Path) -> pl.DataFrame:
    """Return feature lines with `FIELDS`, `source_row`, `start`, `end` (Int64) and `fault`.

    Where a line has a wrong number of fields (`columns`), `attributes` is the whole line, so that
    its transcript may still be told.
    """
    lines = gene_rows(block, FIELDS, path)
    if lines["fault"].count():
        whole = pl.concat_str(FIELDS, separator=";", ignore_nulls=True)
        attributes = pl.when(pl.col("fault").is_null()).then("attributes").otherwise(whole)
        lines = lines.with_columns(attributes=attributes)
    lines = lines.with_columns(start=integers(pl.col("first")) - 1, end=integers(pl.col("last")))
    bad = pl.when(misfits(("start", "end"))).then(pl.lit("coordinate"))
    return lines.with_columns(fault=pl.coalesce("fault", bad))


def phases(text: pl.Expr) -> pl.Expr:
    """Return Int64 of a phase column: null for `.` or nothing, -1 for what is no integer."""
    return pl.coalesce(integers(text), pl.when(text != ".").then(-1))


def coding_parts(lines: pl.DataFrame) -> pl.DataFrame:
    """Return the table `coding` of `assemble`, from sound lines with `key` and `phase`.

    The phase of a stop codon is taken only if it is one.
    """
    stop, phase = pl.col("feature") == "stop_codon", pl.col("phase")
    return lines.filter(pl.col("feature").is_in(["CDS", "stop_codon"])).select(
        "key", "start", "end",
        phase=pl.when(~stop | phase.is_between(0, 2)).then(phase),
        stop=stop,
    )  # fmt: skip


def refuse_alignments(blocks: Iterable[Block], path: str | Path) -> None:
    """Refuse a file of feature lines that holds alignments of sequences, but no gene models.

    Raises
    ------
    OrthrusError
        Some features are matches, as of cDNAs or proteins.
    """
    kinds = (
        pl.concat(read_features(block, path)["feature"].unique() for block in blocks)
        .unique()
        .sort()
    )
    matches = kinds.filter(kinds.str.contains(r"(?i)(^|_)match(_|$)"))
    if len(matches):
        raise OrthrusError(
            f"{path}: holds alignments ({', '.join(matches[:5])}), no gene models; give the "
            "annotation itself"
        )


def assemble(transcripts: pl.DataFrame, exons: pl.DataFrame, coding: pl.DataFrame) -> pl.DataFrame:
    """Return `transcripts` with exon lists, frames and CDS, and a fault where they do not fit.

    A phase counts the nt to skip to the next codon, a frame the nt of the codon already read:
    frame = (3 - phase) mod 3. The CDS spans all coding parts, so that a stop codon is inside even
    where the format lists it apart, or splits it over two exons. An exon in which the frame shifts
    becomes two (`orthrus.annotation.frame_shifts`).
    """
    exons = exons.sort("key", "start", "end")
    coding = coding.join(transcripts.select("key", "strand"), on="key", maintain_order="left")
    coding = placed(_with_phases(coding), exons)
    parts = following(coding, exons)
    exons = cut(exons.with_columns(frame=_exon_frames(coding, len(exons))), parts)
    lists = exons.group_by("key", maintain_order=True).agg(
        exon_starts="start", exon_ends="end", exon_frames="frame"
    )
    rows = transcripts.join(lists, on="key", how="left", maintain_order="left")
    rows = rows.join(_cds(coding, parts), on="key", how="left", maintain_order="left")
    why = pl.when(pl.col("fault").is_null()).then("apart")
    return rows.with_columns(
        fault=pl.coalesce("fault", "misfit"), detail=pl.coalesce("detail", why)
    )


def _cds(coding: pl.DataFrame, parts: pl.DataFrame) -> pl.DataFrame:
    """Return the CDS per `key`, its `misfit`, and how its parts lie `apart`."""
    cds = coding.group_by("key").agg(
        cds_start=pl.col("start").min(),
        cds_end=pl.col("end").max(),
        misfit=pl.when((~pl.col("phase").is_between(0, 2)).any())
        .then(pl.lit("phase"))
        .when((pl.col("exon") < 0).any())
        .then(pl.lit("cds_intron")),
    )
    apart = parts.filter(pl.col("apart").is_not_null()).unique("key", keep="first")
    cds = cds.join(apart.select("key", "apart"), on="key", how="left")
    return cds.with_columns(
        misfit=pl.coalesce(
            "misfit", pl.when(pl.col("apart").is_not_null()).then(pl.lit("cds_parts"))
        ),
        apart=pl.when(pl.col("misfit").is_null()).then("apart"),
    )


def _with_phases(coding: pl.DataFrame) -> pl.DataFrame:
    """Add `rank` (order in transcription direction) and complete the phases.

    A stop codon begins a codon. A CDS part without phase continues the codons of the parts before
    it, and the first one begins a codon.
    """
    rank = pl.when(pl.col("strand") == "-").then(-pl.col("end")).otherwise(pl.col("start"))
    ordered = coding.with_columns(rank=rank).sort("key", "rank", maintain_order=True)
    if not ordered["phase"].null_count():
        return ordered
    length, stop = pl.col("end") - pl.col("start"), pl.col("stop").cast(pl.Int64)
    of_stop, of_cds = length * stop, length * (1 - stop)
    stop_before = (of_stop.cum_sum() - of_stop).over("key")
    cds_before = (of_cds.cum_sum() - of_cds).over("key")
    known = pl.when(~pl.col("stop")).then(pl.col("phase") + cds_before)
    continued = (known.forward_fill().over("key").fill_null(0) - cds_before) % 3
    missing = pl.when("stop").then(-stop_before % 3).otherwise(continued)
    return ordered.with_columns(phase=pl.coalesce("phase", missing))


def placed(coding: pl.DataFrame, exons: pl.DataFrame) -> pl.DataFrame:
    """Add `exon`, the row of `exons` (sorted) that holds a coding part, or -1."""
    key, start, end = (exons[name].to_numpy() for name in ("key", "start", "end"))
    index = np.searchsorted(_place(key, start), _place(*_pair(coding)), side="right") - 1
    holds = index >= 0
    holds &= (key[index] == coding["key"].to_numpy()) if len(key) else False
    holds &= (coding["end"].to_numpy() <= end[index]) if len(key) else False
    return coding.with_columns(exon=pl.Series(np.where(holds, index, -1), dtype=pl.Int64))


def _pair(frame: pl.DataFrame) -> tuple[Ints, Ints]:
    return frame["key"].to_numpy(), frame["start"].to_numpy()


def _place(key: Ints, start: Ints) -> Ints:
    """Return one number that orders positions by transcript, then by position (below 2^31)."""
    return (key << 32) | start


def _exon_frames(coding: pl.DataFrame, n_exons: int) -> pl.Series:
    """Return the frame of every exon: that of its first coding part, or -1 without one."""
    first = coding.filter(pl.col("exon") >= 0).unique("exon", keep="first", maintain_order=True)
    frames = np.full(n_exons, -1)
    frames[first["exon"].to_numpy()] = (3 - first["phase"].fill_null(0).to_numpy()) % 3
    return pl.Series(frames)
