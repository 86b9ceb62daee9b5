"""From a transcript table and a genome to a store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from orthrus import tables
from orthrus.annotation import aliases as alias_tables
from orthrus.annotation.exons import Exons, Ints
from orthrus.annotation.names import Aliases, Lost, Resolver, matches
from orthrus.config.transcripts import TranscriptsSettings
from orthrus.errors import OrthrusError
from orthrus.files import sha256
from orthrus.texts import spelled
from orthrus.transcripts.checks import check_exons
from orthrus.transcripts.codes import Codes
from orthrus.transcripts.codons import codon_slices
from orthrus.transcripts.genome import chromosomes
from orthrus.transcripts.kernels import Indices, transcribe
from orthrus.transcripts.store import Offsets, write_store

BEYOND = "chrom_end"


@dataclass(frozen=True)
class Encoded:
    """The transcripts of a table that fit the genome, and those that do not.

    Attributes
    ----------
    codes, offsets
        (nt,) uint8, all transcripts end to end, and (n + 1,) int64.
    table
        The n rows of the input that are held, in its order.
    rejected
        The others, with reason and detail (contract DROPPED).
    sequence_names
        What became of the table's names of sequences: see `orthrus.annotation.names.matches`.
    """

    codes: Codes
    offsets: Offsets
    table: pl.DataFrame
    rejected: pl.DataFrame
    sequence_names: Mapping[str, int | float]

    def tell_names(self) -> str:
        """Say how many names the genome lacks: `2 of 9 sequence names unmatched (0.5% of rows)`."""
        counts = self.sequence_names
        unmatched = counts["ambiguous"] + counts["missing"]
        total = counts["exact"] + counts["renamed"] + unmatched
        return (
            f"{unmatched:,} of {total:,} sequence names unmatched "
            f"({counts['unmatched_share']:.1%} of rows)"
        )


def encode_store(
    table: str | Path,
    genome: str | Path,
    output: str | Path,
    settings: TranscriptsSettings,
    aliases: str | Path | None = None,
) -> Encoded:
    """Read a transcript table, a genome and its table of aliases, and write the store `output`.

    Raises
    ------
    OrthrusError
        An input is unusable, the table mixes annotation sets, or too many rows do not fit.
    """
    rows = tables.read(table, tables.TRANSCRIPTS)
    annotation_set = _annotation_set(rows, table)
    try:
        encoded = encode(rows, genome, settings, alias_tables.read(aliases) if aliases else ())
    except OrthrusError as error:
        raise OrthrusError(f"{table}: {error}") from None
    inputs = {"genome": genome, "table": table} | ({"aliases": aliases} if aliases else {})
    attributes = {
        "annotation_set": annotation_set,
        "codon_phase": settings.codon_phase,
        "sequence_names": dict(encoded.sequence_names),
        "inputs": {name: sha256(path) for name, path in inputs.items()},
    }
    write_store(output, encoded.codes, encoded.offsets, encoded.table, encoded.rejected, attributes)
    return encoded


def _annotation_set(rows: pl.DataFrame, path: str | Path) -> str:
    sets = rows["annotation_set"].unique().sort().to_list()
    if not sets:
        raise OrthrusError(f"{path}: holds no transcript")
    if len(sets) > 1:
        raise OrthrusError(f"{path}: mixes the annotation sets {sets}; a store holds one")
    return str(sets[0])


def encode(
    table: pl.DataFrame,
    genome: str | Path,
    settings: TranscriptsSettings,
    aliases: Sequence[Aliases] = (),
) -> Encoded:
    """Cut the transcripts of a non-empty TRANSCRIPTS table out of a genome, in the table's order.

    Memory holds the codes and one chromosome. Chromosomes are found by `Resolver`; the table
    keeps its own names.

    Raises
    ------
    OrthrusError
        An input is unusable, no chromosome of the table is in the genome, or more than
        `max_rejected` of the rows do not fit the genome.
    """
    check_exons(table)
    exons = Exons.of(table)
    offsets = np.concatenate([[0], np.cumsum(exons.sum(exons.ends - exons.starts))])
    codes = np.empty(offsets[-1], dtype=np.uint8)
    codons = codon_slices(table, exons, settings.codon_phase)
    layout = _indices(exons.offsets, exons.starts, exons.ends, *codons, offsets)
    minus = np.array(table["strand"] == "-")
    rows_of = _rows_by_chromosome(table)
    size = np.full(len(table), -1, dtype=np.int64)  # of the row's chromosome; -1: not there
    names = Resolver(rows_of, aliases)
    for name, chromosome in chromosomes(genome, names):
        for annotated in names.claim(name, len(chromosome)):
            rows = rows_of[annotated]
            size[rows] = len(chromosome)
            fits = rows[exons.ends[exons.lasts][rows] <= len(chromosome)]
            transcribe(chromosome, *_indices(fits), minus, *layout, codes)
    lost = names.finish()
    for annotated in lost:
        size[rows_of[annotated]] = -1
    rejected = _reject(table, exons, size, lost, settings)
    keep = np.ones(len(table), dtype=bool)
    keep[rejected["source_row"].to_numpy() - 1] = False
    return Encoded(
        _keep(codes, offsets, keep),
        np.concatenate([[0], np.cumsum(np.diff(offsets)[keep])]),
        table if rejected.is_empty() else table.filter(keep),
        rejected,
        matches(names, lost, table["chrom"]),
    )


def _indices(*arrays: Ints) -> list[Indices]:
    return [array.astype(np.uint64) for array in arrays]


def _rows_by_chromosome(table: pl.DataFrame) -> dict[str, Ints]:
    groups = table.select("chrom").with_row_index("row").group_by("chrom").agg("row")
    return {name: np.array(rows, dtype=np.int64) for name, rows in groups.iter_rows()}


def _reject(
    table: pl.DataFrame,
    exons: Exons,
    size: Ints,
    lost: Mapping[str, Lost],
    settings: TranscriptsSettings,
) -> pl.DataFrame:
    """Return the rows that do not fit chromosomes of `size` nt, unless they are too many."""
    chrom = pl.col("chrom")
    reasons = {name: why.reason for name, why in lost.items()}
    details = {name: why.detail for name, why in lost.items()}
    beyond = spelled("ends at {}, {} has {} nt", "end", "chrom", "size")
    rejected = (
        table.select("transcript_id", "chrom")
        .with_row_index("source_row", offset=1)
        .with_columns(end=exons.ends[exons.lasts], size=size)
        .filter(pl.col("end") > pl.col("size"))
        .with_columns(
            reason=chrom.replace_strict(reasons, default=BEYOND, return_dtype=pl.String),
            detail=chrom.replace_strict(details, default=beyond, return_dtype=pl.String),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in tables.DROPPED.schema.items())
    )
    share = len(rejected) / len(table)
    if len(rejected) == len(table) or share > settings.max_rejected:
        name, _, _, detail, _ = rejected.row(0)
        raise OrthrusError(
            f"{len(rejected)} of {len(table)} transcripts do not fit the genome, more than "
            f"max_rejected {settings.max_rejected:g} allows; the first is {name}: {detail}; "
            "are table and genome of the same assembly?"
        )
    return rejected


def _keep(codes: Codes, offsets: Offsets, keep: npt.NDArray[np.bool_]) -> Codes:
    """Move the transcripts to keep to the front of `codes`, and return that part of it.

    Codes are most of the memory, and a copy of them would be as much again.
    """
    edges = np.flatnonzero(np.diff(keep, prepend=False, append=False))
    place = 0
    for start, end in offsets[edges].reshape(-1, 2).tolist():
        codes[place : place + end - start] = codes[start:end]
        place += end - start
    return codes[:place]
