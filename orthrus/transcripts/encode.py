"""From a transcript table and a genome to a store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from orthrus import schemas
from orthrus.annotation import contig_aliases as alias_tables
from orthrus.annotation.contig_names import Aliases, Lost, Resolver, matches
from orthrus.annotation.exons import Exons
from orthrus.array_types import Ints
from orthrus.config.transcripts import TranscriptsSettings
from orthrus.errors import OrthrusError, at_fault
from orthrus.files import sha256
from orthrus.sources import fetch_records
from orthrus.strings import format_expr
from orthrus.transcripts import plausibility, stop_codons
from orthrus.transcripts.codes import Codes
from orthrus.transcripts.codons import codon_slices
from orthrus.transcripts.genome import chromosomes
from orthrus.transcripts.kernels import Indices, transcribe
from orthrus.transcripts.plausibility import MISFRAMED, Reading, called
from orthrus.transcripts.store import write_store
from orthrus.transcripts.store_table import check_exons

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
        What became of the table's names of sequences: see
        `orthrus.annotation.contig_names.matches`.
    introns
        How many introns the n transcripts have, and how many of these with canonical ends.
    figures
        How plausible the transcripts are (`orthrus.transcripts.plausibility`), once judged.
    """

    codes: Codes
    offsets: Ints
    table: pl.DataFrame
    rejected: pl.DataFrame
    sequence_names: Mapping[str, int | float]
    introns: tuple[int, int] = (0, 0)
    figures: dict[str, int] = field(default_factory=dict)

    def tell_names(self) -> str:
        """Say how many names the genome lacks: `2 of 9 sequence names unmatched (0.5% of rows)`."""
        counts = self.sequence_names
        unmatched = counts["ambiguous"] + counts["missing"]
        total = counts["exact"] + counts["renamed"] + unmatched
        return (
            f"{unmatched:,} of {total:,} sequence names unmatched "
            f"({counts['unmatched_share']:.1%} of rows)"
        )

    def tell_changes(self) -> list[str]:
        """Say what was changed in CDSs, and what may be wrong with their frames."""
        return list(plausibility.tell_changes(self.figures))

    def tell_figures(self) -> list[str]:
        """Say how plausible the transcripts are, then `tell_changes`."""
        return [*plausibility.tell_figures(self.figures), *self.tell_changes()]


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
    fetch_records.check([genome, aliases])
    rows = schemas.read_table(table, schemas.TRANSCRIPTS)
    annotation_set = _annotation_set(rows, table)
    known = alias_tables.read_aliases(aliases) if aliases else ()
    encoded = encode(rows, genome, settings, known, table, aliases)
    with at_fault(table):
        encoded = judge(encoded, settings)
    inputs = {"genome": genome, "table": table} | ({"aliases": aliases} if aliases else {})
    attributes = {
        "annotation_set": annotation_set,
        "codon_phase": settings.codon_phase,
        "sequence_names": dict(encoded.sequence_names),
        "plausibility": encoded.figures,
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
    table_path: str | Path | None = None,
    aliases_path: str | Path | None = None,
) -> Encoded:
    """Cut the transcripts of a non-empty TRANSCRIPTS table out of a genome, in the table's order.

    Memory holds the codes and one chromosome. Chromosomes are found by `Resolver`; the table
    keeps its own names.

    Raises
    ------
    OrthrusError
        Names the file at fault, where its path is given. An input is unusable, no chromosome of the
        table is in the genome, or more than `max_rejected` of the rows do not fit the genome.
    """
    with at_fault(table_path):
        check_exons(table)
    exons = Exons.of(table)
    offsets = np.concatenate([[0], np.cumsum(exons.sum(exons.ends - exons.starts))])
    codes = np.empty(offsets[-1], dtype=np.uint8)
    codons = codon_slices(table, exons, settings.codon_phase)
    layout = _indices(exons.offsets, exons.starts, exons.ends, *codons, offsets)
    minus = np.array(table["strand"] == "-")
    introns = np.zeros((len(table), 2), dtype=np.int64)
    rows_of = _rows_by_chromosome(table)
    size = np.full(len(table), -1, dtype=np.int64)  # of the row's chromosome; -1: not there
    names = Resolver(rows_of, aliases)
    for rows, chromosome in _places(genome, names, rows_of, aliases_path):
        size[rows] = len(chromosome)
        (fits,) = _indices(rows[exons.ends[exons.lasts][rows] <= len(chromosome)])
        transcribe(chromosome, fits, minus, *layout, codes)
        plausibility.count_introns(chromosome, fits, minus, *layout[:3], introns)
    with at_fault(table_path):
        lost = names.finish()
        for annotated in lost:
            size[rows_of[annotated]] = -1
        rejected = _reject(table, exons, size, lost, settings)
    keep = np.ones(len(table), dtype=bool)
    keep[rejected["source_row"].to_numpy() - 1] = False
    found, canonical = introns[keep].sum(axis=0).tolist()
    return Encoded(
        _keep(codes, offsets, keep),
        np.concatenate([[0], np.cumsum(np.diff(offsets)[keep])]),
        table if rejected.is_empty() else table.filter(keep),
        rejected,
        matches(names, lost, table["chrom"]),
        (found, canonical),
    )


def _places(
    genome: str | Path,
    names: Resolver,
    rows_of: Mapping[str, Ints],
    aliases_path: str | Path | None,
) -> Iterator[tuple[Ints, Codes]]:
    """Yield the rows that lie on a chromosome, so far, with its codes."""
    for name, chromosome in chromosomes(genome, names):
        with at_fault(aliases_path):
            claimed = names.claim(name, len(chromosome))
        for annotated in claimed:
            yield rows_of[annotated], chromosome


def judge(encoded: Encoded, settings: TranscriptsSettings) -> Encoded:
    """Return `encoded` with the stop codons that its annotation left out, and its figures.

    Raises
    ------
    OrthrusError
        The frames of more than `max_misframed` of the CDSs are wrong.
    """
    table, codes, offsets = encoded.table, encoded.codes, encoded.offsets
    exons = Exons.of(table)
    reading = plausibility.read(table, exons, codes, offsets)
    _refuse_misframed(table, reading, settings.max_misframed)
    longer = stop_codons.lacking(reading, settings.stop_codon)
    if longer.any():
        table = stop_codons.extend(table, exons, codes, offsets, reading, longer)
        reading = replace(reading, stops=reading.stops | longer)
    extended = int(longer.sum())
    figures = plausibility.figures(table, reading, encoded.introns, extended)
    return replace(encoded, table=table, figures=figures)


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
    beyond = format_expr("ends at {}, {} has {} nt", "end", "chrom", "size")
    rejected = (
        table.select("transcript_id", "chrom")
        .with_row_index("source_row", offset=1)
        .with_columns(end=exons.ends[exons.lasts], size=size)
        .filter(pl.col("end") > pl.col("size"))
        .with_columns(
            reason=chrom.replace_strict(reasons, default=BEYOND, return_dtype=pl.String),
            detail=chrom.replace_strict(details, default=beyond, return_dtype=pl.String),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in schemas.DROPPED.schema.items())
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


def _refuse_misframed(table: pl.DataFrame, reading: Reading, ceiling: float) -> None:
    """Refuse a table whose frames are wrong for more than a share of the CDSs that need them."""
    wrong, framed = np.flatnonzero(reading.misframed), np.count_nonzero(reading.framed)
    codons = np.sum(reading.end[wrong] - reading.start[wrong]) // 3
    if len(wrong) > ceiling * framed and codons >= plausibility.FEWEST_CODONS:
        raise OrthrusError(
            f"{len(wrong)} of {framed} {MISFRAMED}, more than max_misframed {ceiling:g} allows; "
            f"the first is {table['transcript_id'][int(wrong[0])]}; set "
            f"{called('codon_phase=from_cds_start')}, or raise max_misframed"
        )


def _keep(codes: Codes, offsets: Ints, keep: npt.NDArray[np.bool_]) -> Codes:
    """Move the transcripts to keep to the front of `codes`, and return that part of it.

    Codes are most of the memory, and a copy of them would be as much again.
    """
    edges = np.flatnonzero(np.diff(keep, prepend=False, append=False))
    place = 0
    for start, end in offsets[edges].reshape(-1, 2).tolist():
        codes[place : place + end - start] = codes[start:end]
        place += end - start
    return codes[:place]
