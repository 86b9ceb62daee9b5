"""Whether what was cut out of a genome looks like transcripts: codons, frames, introns.

Figures of a gene table show what no rule on a single row can: a table of another assembly, one
whose coordinates are off by one, or one whose phases are wrong. The standard genetic code is used
throughout, so the mitochondrial genes of vertebrates hold in-frame stop codons.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import floor
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from orthrus.annotation.exons import SHORT_INTRON, Exons, frames_from_start
from orthrus.array_types import Flags, Ints
from orthrus.compiled import compiled
from orthrus.transcripts.codes import BASE, CODON_START, UNKNOWN, Codes
from orthrus.transcripts.kernels import ONE, Indices

FEWEST_UNMARKED = 10
"""Of fewer CDSs of unknown completeness, whose frames hold, the command line tells no shares."""
FEWEST_CODONS = 100
"""So many codons of a random sequence hold no stop with a chance of (61/64)^100 = 0.8 %."""
MISFRAMED = (
    "CDSs that depend on exon frames (phases) hold stop codons as annotated, and none when read "
    "from their start"
)

LETTER = np.uint8(BASE | UNKNOWN)
A, C, G, T = (np.uint8(base) for base in range(4))
CODON = np.uint8(CODON_START)
SHORTEST = np.uint64(SHORT_INTRON)


@dataclass(frozen=True)
class Reading:
    """What each of n transcripts reads like; a non-coding one has zeros everywhere.

    Attributes
    ----------
    start, end
        (n,) int64: the CDS in transcript coordinates (nt).
    starts, stops
        (n,) bool: the CDS starts with ATG; it ends with a stop codon.
    open, followed
        (n,) bool: the last codon of the CDS is whole and no stop, and three bases follow; these
        are a stop codon.
    inner_stops
        (n,) bool: a codon before the last one is a stop.
    broken, framed
        (n,) bool: the frame breaks between two exons; the codons depend on the frames of the
        annotation, as the CDS has several exons or starts within a codon.
    explained
        (n,) bool: there are inner stops, and none when codons follow each other from the first
        base of the CDS.
    slipped
        (n,) bool: exons touch within the CDS, as where a shift of the frame is annotated.
    """

    start: Ints
    end: Ints
    starts: Flags
    stops: Flags
    open: Flags
    followed: Flags
    inner_stops: Flags
    broken: Flags
    framed: Flags
    explained: Flags
    slipped: Flags

    @property
    def misframed(self) -> Flags:
        """(n,) bool: the frames of the annotation are wrong, and not a shift that it states."""
        return self.explained & ~self.slipped


def read(table: pl.DataFrame, exons: Exons, codes: Codes, offsets: Ints) -> Reading:
    """Read the CDS of every transcript.

    Parameters
    ----------
    table, exons
        n rows of TRANSCRIPTS and their exons.
    codes, offsets
        (nt,) uint8, all transcripts end to end, and (n + 1,) int64.
    """
    reverse = (table["strand"] == "-").to_numpy()
    cds_start, cds_end = (table[name].fill_null(0).to_numpy() for name in ("cds_start", "cds_end"))
    left, right = exons.before(cds_start), exons.before(cds_end)
    length = np.diff(offsets)
    start = np.where(reverse, length - right, left)
    end = np.where(reverse, length - left, right)
    flags = np.zeros((6, len(table)), dtype=np.bool_)
    _read(codes, *(numbers.astype(np.uint64) for numbers in (offsets, start, end)), flags)
    shift = exons.frames - frames_from_start(exons, cds_start, cds_end, reverse)
    coding = exons.coding(cds_start, cds_end) > 0
    several = exons.sum(coding.astype(np.int64)) > 1
    shifted = [exons.any(coding & (shift % 3 == frame)) for frame in range(3)]
    starts, stops, followable, followed, inner_stops, explained = flags
    return Reading(
        start=start,
        end=end,
        starts=starts,
        stops=stops,
        open=followable,
        followed=followed,
        inner_stops=inner_stops,
        broken=np.sum(shifted, axis=0) > 1,
        framed=several | shifted[1] | shifted[2],
        explained=explained,
        slipped=exons.any(coding & exons.inner() & (exons.gaps() == 0)),
    )


@compiled
def _is_stop(codes: Codes, place: np.uint64) -> bool:
    one, two, three = codes[place], codes[place + ONE], codes[place + ONE + ONE]
    one, two, three = one & LETTER, two & LETTER, three & LETTER
    return one == T and ((two == A and (three in (A, G))) or (two == G and three == A))


@compiled
def _read(
    codes: Codes, offsets: Indices, starts: Indices, ends: Indices, flags: npt.NDArray[np.bool_]
) -> None:
    """Fill rows of `flags` (6, n): see `Reading`, from `starts` to `inner_stops`; `explained`."""
    three = np.uint64(3)
    for i in range(len(starts)):
        first, end = offsets[i] + starts[i], offsets[i] + ends[i]
        if end < first + three:
            continue
        flags[0, i] = (
            codes[first] & LETTER == A
            and codes[first + ONE] & LETTER == T
            and codes[first + ONE + ONE] & LETTER == G
        )
        flags[1, i] = _is_stop(codes, end - three)
        last = codes[end - three] & CODON != 0
        last &= (codes[end - ONE - ONE] | codes[end - ONE]) & CODON == 0
        if last and not flags[1, i] and end + three <= offsets[i + 1]:
            flags[2, i] = True
            flags[3, i] = _is_stop(codes, end)
        place = first
        while place + three < end and not flags[4, i]:
            if codes[place] & CODON == 0 or codes[place + ONE] & CODON != 0:
                place += ONE
            elif codes[place + ONE + ONE] & CODON != 0:
                place += ONE + ONE
            else:
                flags[4, i] = _is_stop(codes, place)
                place += three
        if flags[4, i]:
            place = first
            while place + three < end and not _is_stop(codes, place):
                place += three
            flags[5, i] = place + three >= end


@compiled
def count_introns(
    chromosome: Codes,
    rows: Indices,
    minus: npt.NDArray[np.bool_],
    exon_offsets: Indices,
    starts: Indices,
    ends: Indices,
    counts: Ints,
) -> None:
    """Write to `counts` (n, 2) how many introns `rows` have, and how many with canonical ends.

    Gaps of less than `SHORT_INTRON` nt are no introns. Canonical are GT-AG, GC-AG and AT-AC, in
    the direction of transcription. The rows, all of one chromosome, lie within it.
    """
    for row in rows:
        counts[row] = 0
        for exon in range(exon_offsets[row], exon_offsets[row + ONE] - ONE):
            left, right = ends[exon], starts[exon + ONE]
            if right - left < SHORTEST:
                continue
            one, two = chromosome[left], chromosome[left + ONE]
            three, four = chromosome[right - ONE - ONE], chromosome[right - ONE]
            if minus[row]:
                one, two, three, four = T - four, T - three, T - two, T - one
            counts[row, 0] += 1
            usual = one == G and two in (T, C) and four == G
            rare = one == A and two == T and four == C
            counts[row, 1] += three == A and (usual or rare)


def figures(
    table: pl.DataFrame, reading: Reading, introns: tuple[int, int], extended: int
) -> dict[str, int]:
    """Return the figures that a store keeps (its attribute `plausibility`), all of them counts.

    Parameters
    ----------
    table, reading
        Rows of a store and how they read.
    introns
        How many introns they have, and how many of these have canonical ends.
    extended
        Of how many CDSs the stop codon was added.
    """
    left, right = ((table[f"cds_{end}_stat"] == "cmpl").to_numpy() for end in ("start", "end"))
    coding = table["cds_start"].is_not_null().to_numpy()
    complete = coding & left & right
    counts: dict[str, Any] = {
        "coding": coding,
        "start_codons": reading.starts,
        "stop_codons": reading.stops,
        "complete": complete,
        "complete_start_codons": complete & reading.starts,
        "complete_stop_codons": complete & reading.stops,
        "in_frame_stops": reading.inner_stops,
        "frame_breaks": reading.broken,
        "frame_dependent": reading.framed,
        "misframed": reading.misframed,
    }
    return {name: int(np.sum(flags)) for name, flags in counts.items()} | {
        "stop_codons_added": extended,
        "introns": introns[0],
        "canonical_introns": introns[1],
    }


def tell_figures(figures: dict[str, int]) -> Iterator[str]:
    """Yield the figures of `figures` in lines for a person, where there is something to count."""
    coding, complete = figures["coding"], figures["complete"]
    # Formats that tell no completeness have CDSs that are whole, nearly always.
    which, of = ("complete_", complete) if complete else ("", coding)
    if complete or coding >= FEWEST_UNMARKED or figures["frame_breaks"]:
        starts, stops = (figures[f"{which}{kind}_codons"] for kind in ("start", "stop"))
        named = f"{complete:,} complete" if complete else "none marked as complete"
        yield (
            f"{coding:,} CDSs, {named}; of {'these' if complete else 'all'}, "
            f"{share(starts, of)} start with ATG and {share(stops, of)} end with a stop codon; "
            f"with in-frame stop codons: {figures['in_frame_stops']:,}, with a change of frame "
            f"between exons: {figures['frame_breaks']:,}"
        )
    if introns := figures["introns"]:
        canonical = share(figures["canonical_introns"], introns)
        yield f"{introns:,} introns, {canonical} with canonical ends (GT-AG, GC-AG, AT-AC)"


def tell_changes(figures: dict[str, int]) -> Iterator[str]:
    """Yield what was changed in CDSs, and what may be wrong with their frames, in lines."""
    if misframed := figures["misframed"]:
        yield (
            f"{misframed:,} of {figures['frame_dependent']:,} {MISFRAMED}; "
            f"if the phases are wrong, set {called('codon_phase=from_cds_start')}"
        )
    if extended := figures["stop_codons_added"]:
        yield (
            f"{extended:,} CDSs ended just before a stop codon, which they now include; "
            f"{called('stop_codon=as_annotated')} leaves them as they are"
        )


def called(setting: str) -> str:
    """Name a setting of the transcripts as `--set` takes it."""
    return f"transcripts.{setting} (in orthrus transcripts build: {setting})"


def share(part: int, whole: int) -> str:
    """Return a percentage that is rounded down, so that only all is 100%."""
    return f"{floor(1000 * part / whole) / 10:g}%"
