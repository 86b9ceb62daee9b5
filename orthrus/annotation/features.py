"""From feature lines (GTF, GFF3) to transcripts: exons, CDS and frames per transcript.

Three tables meet here, joined by `key` (Int64, one per transcript):

- transcripts: `key` and any columns of `ROWS` that the format gives; `strand` at least.
- exons: `key`, `start`, `end`.
- coding: `key`, `start`, `end`, `phase` (Int64, null for `.`), `stop` (a stop codon, no CDS
  part).

Positions are nt, 0-based and half-open.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from orthrus.annotation.exons import Ints
from orthrus.annotation.lines import Block, columns
from orthrus.annotation.rows import integers, misfits

FIELDS = ("chrom", "source", "feature", "first", "last", "score", "strand", "phase", "attributes")


def read(block: Block, path: str | Path) -> pl.DataFrame:
    """Return feature lines with `FIELDS`, `source_row`, `start`, `end` (Int64) and `fault`.

    Where a line has a wrong number of fields (`columns`), `attributes` is the whole line, so that
    its transcript may still be told.
    """
    lines = columns(block, FIELDS, path)
    if lines["fault"].count():
        whole = pl.concat_str(FIELDS, separator=";", ignore_nulls=True)
        attributes = pl.when(pl.col("fault").is_null()).then("attributes").otherwise(whole)
        lines = lines.with_columns(attributes=attributes)
    lines = lines.with_columns(start=integers(pl.col("first")) - 1, end=integers(pl.col("last")))
    bad = pl.when(misfits(("start", "end"))).then(pl.lit("coordinate"))
    return lines.with_columns(fault=pl.coalesce("fault", bad))


def coding_parts(lines: pl.DataFrame) -> pl.DataFrame:
    """Return the table `coding` of `assemble`, from sound lines with `key` and a whole `phase`."""
    phase = pl.col("phase")
    return lines.filter(pl.col("feature").is_in(["CDS", "stop_codon"])).select(
        "key", "start", "end",
        phase=pl.when(phase.is_between(0, 2)).then(phase),
        stop=pl.col("feature") == "stop_codon",
    )  # fmt: skip


def assemble(transcripts: pl.DataFrame, exons: pl.DataFrame, coding: pl.DataFrame) -> pl.DataFrame:
    """Return `transcripts` with exon lists, frames and CDS, and a fault where they do not fit.

    A phase counts the nt to skip to the next codon, a frame the nt of the codon already read:
    frame = (3 - phase) mod 3. The CDS spans all coding parts, so that a stop codon is inside even
    where the format lists it apart, or splits it over two exons.
    """
    exons = exons.sort("key", "start", "end")
    coding = _placed(
        _with_phases(
            coding.join(transcripts.select("key", "strand"), on="key", maintain_order="left")
        ),
        exons,
    )
    lists = (
        exons.with_columns(frame=_exon_frames(coding, len(exons)))
        .group_by("key", maintain_order=True)
        .agg(exon_starts="start", exon_ends="end", exon_frames="frame")
    )
    cds = coding.group_by("key").agg(
        cds_start=pl.col("start").min(),
        cds_end=pl.col("end").max(),
        misfit=pl.when(pl.col("phase").is_null().any())
        .then(pl.lit("phase"))
        .when((pl.col("exon") < 0).any())
        .then(pl.lit("cds_intron")),
    )
    rows = transcripts.join(lists, on="key", how="left", maintain_order="left")
    rows = rows.join(cds, on="key", how="left", maintain_order="left")
    return rows.with_columns(fault=pl.coalesce("fault", "misfit"))


def _with_phases(coding: pl.DataFrame) -> pl.DataFrame:
    """Add `rank` (order in transcription direction) and complete the phases of stop codon parts."""
    rank = pl.when(pl.col("strand") == "-").then(-pl.col("end")).otherwise(pl.col("start"))
    ordered = coding.with_columns(rank=rank).sort("key", "rank", maintain_order=True)
    stop_length = (pl.col("end") - pl.col("start")) * pl.col("stop").cast(pl.Int64)
    before = (stop_length.cum_sum() - stop_length).over("key")
    counted = pl.when("stop").then((3 - before % 3) % 3)
    return ordered.with_columns(phase=pl.coalesce("phase", counted))


def _placed(coding: pl.DataFrame, exons: pl.DataFrame) -> pl.DataFrame:
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
