"""The normal form: sound rows as the transcript table of the contract, with derived columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from orthrus.annotation.exons import Exons, frames_from_start, join_short_introns
from orthrus.annotation.row_checks import CODING
from orthrus.array_types import Flags, Ints
from orthrus.schemas import TRANSCRIPTS

SELECTED = {name.lower(): name for name in ("MANE_Select", "MANE_Plus_Clinical", "RefSeq_Select")}
"""Tags that databases write with underscores (GENCODE) or with blanks (NCBI)."""


@dataclass(frozen=True)
class SetMetadata:
    """What a table cannot say of itself.

    Attributes
    ----------
    annotation_set
        `<assembly>.<annotation>`, e.g. `canFam3.toga_hg38`.
    species
        Its scientific name.
    taxon_id
        Its NCBI taxonomy identifier, if known.
    """

    annotation_set: str
    species: str
    taxon_id: int | None = None

    @property
    def assembly(self) -> str:
        """The part of the set's name before the first dot."""
        return self.annotation_set.partition(".")[0]


def normalise(rows: pl.DataFrame, label: SetMetadata, min_intron: int) -> tuple[pl.DataFrame, int]:
    """Return sound rows as a table of contract TRANSCRIPTS, and how many introns were joined.

    Parameters
    ----------
    rows
        `ROWS`, sound and with unique names; TOGA's columns too if they are projections.
    label
        Set, assembly and species.
    min_intron
        Introns shorter than this many nt are joined to their exons.

    Notes
    -----
    A non-coding row has null `cds_*`, frames of -1 and marks `none`. Where the format has no
    frames, they follow from the start of the CDS.
    """
    coding = rows.select(CODING).to_series()
    is_coding, reverse = coding.to_numpy(), (rows["strand"] == "-").to_numpy()
    cds_start, cds_end = (
        np.where(is_coding, rows[name].fill_null(0).to_numpy(), 0)
        for name in ("cds_start", "cds_end")
    )
    exons = _with_frames(rows, Exons.of(rows), cds_start, cds_end, is_coding, reverse)
    joined = 0
    if min_intron:
        shifts = exons.shifts(cds_start, cds_end, reverse)
        exons, joined = join_short_introns(exons, reverse, min_intron, shifts)
    frame = rows.with_columns(
        **exons.lists(),
        **_mature(exons, cds_start, cds_end, reverse),
        **_constants(label, "toga" if "chain" in rows.columns else "annotation"),
        tags=_tags(rows["tags"]),
    ).with_columns(_coding_only(coding))
    absent = [name for name in TRANSCRIPTS.columns if name not in frame.columns]
    frame = frame.with_columns(
        pl.lit(None, TRANSCRIPTS.schema[name]).alias(name) for name in absent
    )
    return frame.select(*TRANSCRIPTS.columns).rechunk(), joined


def _tags(tags: pl.Series) -> pl.Series:
    """Return sorted tags, each once and in one spelling; most formats have none."""
    if tags.null_count() == len(tags):
        return pl.Series([[]], dtype=tags.dtype).new_from_index(0, len(tags))
    folded = pl.element().str.to_lowercase().str.replace_all(r"[\s_-]+", "_")
    spelled = tags.fill_null([]).list.eval(
        folded.replace_strict(SELECTED, default=pl.element(), return_dtype=pl.String)
    )
    return spelled.list.unique().list.sort()


def _constants(label: SetMetadata, origin: str) -> dict[str, pl.Expr]:
    return {
        "annotation_set": pl.lit(label.annotation_set),
        "assembly": pl.lit(label.assembly),
        "species": pl.lit(label.species),
        "taxon_id": pl.lit(label.taxon_id, pl.Int64()),
        "origin": pl.lit(origin),
    }


def _with_frames(
    rows: pl.DataFrame, exons: Exons, cds_start: Ints, cds_end: Ints, coding: Flags, reverse: Flags
) -> Exons:
    if rows["exon_frames"].null_count():
        frames = frames_from_start(exons, cds_start, cds_end, reverse)
    else:
        frames = np.where(coding[exons.transcript], exons.frames, -1)
    return Exons(exons.starts, exons.ends, frames, exons.offsets)


def _mature(exons: Exons, cds_start: Ints, cds_end: Ints, reverse: Flags) -> dict[str, pl.Series]:
    """Return `length`, `mature_cds_start`, `mature_cds_end` (nt) and `has_utr`, each (n,)."""
    length = exons.sum(exons.ends - exons.starts)
    left, right = exons.before(cds_start), exons.before(cds_end)
    start = np.where(reverse, length - right, left)
    end = np.where(reverse, length - left, right)
    return {
        "length": pl.Series(length, dtype=pl.Int64),
        "mature_cds_start": pl.Series(start, dtype=pl.Int64),
        "mature_cds_end": pl.Series(end, dtype=pl.Int64),
        "has_utr": pl.Series((start > 0) | (end < length), dtype=pl.Boolean),
    }


def _coding_only(coding: pl.Series) -> list[pl.Expr]:
    """Return the columns that a non-coding row does not fill."""
    numbers = ("cds_start", "cds_end", "mature_cds_start", "mature_cds_end", "has_utr")
    marks = ("cds_start_stat", "cds_end_stat")
    none = pl.lit("none")
    return [pl.when(coding).then(name).alias(name) for name in numbers] + [
        pl.when(coding).then(name).otherwise(none).alias(name) for name in marks
    ]
