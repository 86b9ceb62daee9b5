"""Exons, reading frame and isoforms of a gene family, in columns of its locus.

A locus is read in transcription direction: flank, exons and introns in turn, flank. A *column* is
one position of it, shared by all species, whether or not a species has a nucleotide there.
Intervals are half-open. A *mature position* counts along the canonical spliced transcript.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from orthrus.simulate.families import Family

MIN_EXON = 30
EDGE = 25


@dataclass(frozen=True)
class Isoform:
    """One transcript: its exons (n, 2) and its coding interval in columns.

    `kind` names how it differs from the canonical isoform. `complete5` and `complete3` tell whether
    the annotated coding sequence reaches its start and its stop codon.
    """

    kind: str
    exons: np.ndarray
    cds: tuple[int, int] | None
    complete5: bool = True
    complete3: bool = True


@dataclass
class Structure:
    """What the members of a family share.

    `mature` (int64) holds the column of every mature position, `cuts` the mature positions where
    exons 2, 3, … start. `fixed` maps mature positions to the nucleotide that an alternative splice
    site needs there; `protected` lists codons that neither appear nor vanish.
    """

    length: int
    mature: np.ndarray
    cuts: np.ndarray
    utr5: int
    codons: int
    isoforms: list[Isoform] = field(default_factory=list)
    fixed: dict[int, int] = field(default_factory=dict)
    protected: set[int] = field(default_factory=set)

    @property
    def exons(self) -> np.ndarray:
        """The canonical exons, (n, 2) columns."""
        first = np.concatenate([[0], self.cuts])
        last = np.concatenate([self.cuts, [len(self.mature)]]) - 1
        return np.stack([self.mature[first], self.mature[last] + 1], axis=1)

    @property
    def stop(self) -> int:
        """The mature position after the stop codon."""
        return self.utr5 + 3 * self.codons

    @property
    def cds(self) -> tuple[int, int] | None:
        """The canonical coding interval in columns."""
        if not self.codons:
            return None
        return int(self.mature[self.utr5]), int(self.mature[self.stop - 1]) + 1


def draw_structure(family: Family, rng: np.random.Generator) -> Structure:
    """Draw the structure of a family and its isoforms."""
    coding = family.codons > 0
    utr5 = _length(85, 0.5, 34, 240, rng) if coding else 0
    utr3 = _length(280, 0.55, 70, 900, rng) if coding else _length(550, 0.5, 250, 1500, rng)
    total = utr5 + 3 * family.codons + utr3
    end = utr5 + 3 * family.codons - 20 if coding else total - MIN_EXON
    cuts = _junctions(utr5, 3 * family.codons, end, family.junctions, rng)
    introns = np.clip(rng.lognormal(np.log(130), 0.45, len(cuts)), 60, 300).astype(np.int64)
    flanks = [_length(2200, 0.6, 300, 9000, rng) for _ in range(2)]
    before = np.concatenate([[0], np.cumsum(introns)])
    position = np.arange(total)
    mature = flanks[0] + position + before[np.searchsorted(cuts, position, side="right")]
    length = int(mature[-1]) + 1 + flanks[1]
    structure = Structure(length, mature, cuts, utr5, family.codons)
    _add_isoforms(structure, rng)
    return structure


def _length(median: float, sigma: float, low: int, high: int, rng: np.random.Generator) -> int:
    return int(np.clip(rng.lognormal(np.log(median), sigma), low, high))


def _junctions(utr5: int, cds: int, end: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """Draw where exons meet (mature positions); half of those in the CDS lie between two codons."""
    count = min(count, max(0, (end - EDGE) // (MIN_EXON + 3)))
    spare = end - EDGE - count * (MIN_EXON + 3)
    cuts = EDGE + np.sort(rng.integers(0, spare + 1, count)) + np.arange(count) * (MIN_EXON + 3)
    inside = (cuts > utr5 + 3) & (cuts < utr5 + cds)
    snapped = inside & (rng.random(count) < 0.55)
    return np.where(snapped, cuts - (cuts - utr5) % 3, cuts)


def _add_isoforms(structure: Structure, rng: np.random.Generator) -> None:
    structure.isoforms.append(Isoform("canonical", structure.exons, structure.cds))
    makers, weights = (_CODING, _CODING_WEIGHTS) if structure.codons else (_NONCODING, None)
    wanted = int(rng.choice(6, p=[0.14, 0.22, 0.26, 0.2, 0.12, 0.06]))
    kinds = rng.choice(len(makers), size=min(wanted, len(makers)), replace=False, p=weights)
    for kind in kinds:
        isoform = makers[kind](structure, rng)
        if isoform is not None and len(isoform.exons):
            structure.isoforms.append(isoform)


def _trim(exons: np.ndarray, start: int, end: int) -> np.ndarray:
    clipped = np.clip(exons, start, end)
    return clipped[clipped[:, 0] < clipped[:, 1]]


def _phase0(structure: Structure) -> np.ndarray:
    """Tell which junctions lie between two codons, clear of the start and the stop codon."""
    cuts = structure.cuts
    inside = (cuts >= structure.utr5 + 9) & (cuts <= structure.stop - 9)
    return inside & ((cuts - structure.utr5) % 3 == 0)


def _skip(structure: Structure, rng: np.random.Generator) -> Isoform | None:
    """Leave out an inner exon; in the CDS only one that holds whole codons."""
    usable = _phase0(structure) if structure.codons else np.ones(len(structure.cuts), bool)
    inner = np.flatnonzero(usable[:-1] & usable[1:]) + 1
    if not len(inner):
        return None
    return Isoform(
        "skipped_exon", np.delete(structure.exons, rng.choice(inner), axis=0), structure.cds
    )


def _alternative_site(
    structure: Structure, rng: np.random.Generator, donor: bool
) -> Isoform | None:
    """Move one side of a junction by 3–8 codons into the exon and fix the splice site's letters."""
    shift = 3 * int(rng.integers(3, 9))
    edges = np.concatenate([[0], structure.cuts, [len(structure.mature)]])
    cuts = structure.cuts
    if donor:
        site, room = cuts - shift, cuts - shift - np.maximum(edges[:-2], structure.utr5 + 3)
    else:
        site, room = cuts + shift, np.minimum(edges[2:], structure.stop - 6) - cuts - shift
    roomy = np.flatnonzero(_phase0(structure) & (room >= 12))
    usable = [int(i) for i in roomy if not _near_fixed(structure, int(site[i]))]
    if not usable:
        return None
    chosen = int(rng.choice(usable))
    place, exons = int(site[chosen]), structure.exons.copy()
    codon = (place - structure.utr5) // 3
    structure.protected.update(range(codon - 2, codon + 2))
    if donor:
        exons[chosen, 1] = structure.mature[place]
        structure.fixed |= {place: 2, place + 1: 3}
    else:
        exons[chosen + 1, 0] = structure.mature[place]
        structure.fixed |= {place - 3: 1, place - 2: 0, place - 1: 2}
    return Isoform("alternative_donor" if donor else "alternative_acceptor", exons, structure.cds)


def _near_fixed(structure: Structure, place: int) -> bool:
    """Tell whether letters near a mature position are already fixed."""
    return any(abs(place - position) < 9 for position in structure.fixed)


def _donor(structure: Structure, rng: np.random.Generator) -> Isoform | None:
    return _alternative_site(structure, rng, donor=True)


def _acceptor(structure: Structure, rng: np.random.Generator) -> Isoform | None:
    return _alternative_site(structure, rng, donor=False)


def _late_start(structure: Structure, rng: np.random.Generator) -> Isoform | None:
    """Start transcription further downstream within the first exon."""
    room = min(structure.exons[0, 1] - structure.exons[0, 0], structure.utr5 or 10**6) - 10
    if room <= 18:
        return None
    start = int(structure.exons[0, 0] + rng.integers(18, room))
    return Isoform("late_start", _trim(structure.exons, start, structure.length), structure.cds)


def _early_end(structure: Structure, rng: np.random.Generator) -> Isoform | None:
    """End transcription at an earlier polyadenylation site of the last exon."""
    low = max(structure.stop, structure.cuts[-1] if len(structure.cuts) else 0) + EDGE
    high = len(structure.mature) - EDGE
    if low >= high:
        return None
    end = int(structure.mature[rng.integers(low, high)])
    return Isoform("early_end", _trim(structure.exons, 0, end), structure.cds)


def _retained(structure: Structure, rng: np.random.Generator) -> Isoform | None:
    """Keep an intron; such a transcript is not translated."""
    if not len(structure.cuts):
        return None
    exon = int(rng.integers(len(structure.cuts)))
    exons = np.delete(structure.exons, exon + 1, axis=0)
    exons[exon, 1] = structure.exons[exon + 1, 1]
    return Isoform("retained_intron", exons, None)


def _open_start(structure: Structure, rng: np.random.Generator) -> Isoform | None:
    """Begin inside the CDS, at any position of a codon: the 5′ end was not found."""
    position = int(rng.integers(structure.utr5 + 12, structure.stop - 3 * structure.codons // 2))
    return _open(structure, int(structure.mature[position]), structure.length, position)


def _open_end(structure: Structure, rng: np.random.Generator) -> Isoform | None:
    """End inside the CDS, at any position of a codon: the 3′ end was not found."""
    position = int(rng.integers(structure.stop - 3 * structure.codons // 2, structure.stop - 12))
    return _open(structure, 0, int(structure.mature[position]), position)


def _open(structure: Structure, start: int, end: int, position: int) -> Isoform:
    codon = (position - structure.utr5) // 3
    structure.protected.update(range(codon - 1, codon + 2))
    assert structure.cds is not None
    cds = max(start, structure.cds[0]), min(end, structure.cds[1])
    exons = _trim(structure.exons, start, end)
    cds = max(cds[0], int(exons[0, 0])), min(cds[1], int(exons[-1, 1]))
    return Isoform("open_start" if start else "open_end", exons, cds, not start, bool(start))


_CODING: list[Callable[[Structure, np.random.Generator], Isoform | None]] = [
    _skip, _donor, _acceptor, _late_start, _early_end, _retained, _open_start, _open_end,
]  # fmt: skip
_CODING_WEIGHTS = [0.24, 0.12, 0.12, 0.16, 0.16, 0.1, 0.05, 0.05]
_NONCODING = [_skip, _late_start, _early_end]
