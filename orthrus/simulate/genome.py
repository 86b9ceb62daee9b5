"""Loci in their places: chromosomes, strands, FASTA, and the way from columns to coordinates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from orthrus.random_streams import stream
from orthrus.simulate import elements
from orthrus.simulate.assembly_gaps import Leaf
from orthrus.simulate.clade import Clade
from orthrus.simulate.tree import Species

LINE = 50
BLOCKS = 24
ALTERNATE_LOCI = 4
MASKED = 0.3


@dataclass(frozen=True)
class Placement:
    """Where runs of columns lie. Pieces are in column order and do not overlap.

    Attributes
    ----------
    start, end : (pieces,) int64
        Columns of every piece.
    chrom, offset, forward : (pieces,)
        Index of its sequence, 0-based position of its first nucleotide there, and strand.
    before : (columns + 1,) int64
        See `Leaf`.
    """

    start: np.ndarray
    end: np.ndarray
    chrom: np.ndarray
    offset: np.ndarray
    forward: np.ndarray
    before: np.ndarray

    def piece(self, columns: np.ndarray) -> np.ndarray:
        """Return the piece that holds each column, -1 where none does."""
        found = np.searchsorted(self.start, columns, side="right") - 1
        return np.where((found >= 0) & (columns < self.end[found]), found, -1)

    def locate(self, intervals: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return piece, start and end (nt) of intervals (n, 2) that lie in one piece each."""
        piece = self.piece(intervals[:, 0])
        low, high = self.before[intervals[:, 0]], self.before[intervals[:, 1]]
        first, last = self.before[self.start[piece]], self.before[self.end[piece]]
        forward, offset = self.forward[piece], self.offset[piece]
        start = offset + np.where(forward, low - first, last - high)
        return piece, start, start + high - low


@dataclass(frozen=True)
class Genome:
    """An assembly: sequence names, their letters (ASCII), and where the loci lie.

    `alternate` places the loci that an alternate contig holds a second time.
    """

    names: list[str]
    letters: list[np.ndarray]
    primary: Placement
    alternate: Placement | None

    @property
    def sizes(self) -> list[int]:
        """The length of every sequence."""
        return [len(one) for one in self.letters]

    def fasta(self) -> bytes:
        """Return the FASTA file, `LINE` letters to a line."""
        parts = []
        for name, letters in zip(self.names, self.letters, strict=True):
            whole = len(letters) // LINE * LINE
            lines = np.full((whole // LINE, LINE + 1), ord("\n"), np.uint8)
            lines[:, :LINE] = letters[:whole].reshape(-1, LINE)
            tail = letters[whole:].tobytes() + b"\n" if whole < len(letters) else b""
            parts += [f">{name}\n".encode(), lines.tobytes(), tail]
        return b"".join(parts)


def assemble(clade: Clade, leaf: Leaf, species: Species, seed: int) -> Genome:
    """Order the loci on chromosomes, as rearranged blocks of the ancestral order."""
    rng = stream(seed, "genome", species.assembly)
    start = np.sort(np.concatenate([clade.locus[:-1], leaf.breaks]))
    end = np.append(start[1:], clade.locus[-1])
    order, forward, chrom = _arrange(start, end, np.isin(start, leaf.breaks), species, rng)
    names = [f"chr{i + 1}" for i in range(species.chromosomes - 1)] + ["chrX"]
    if len(leaf.breaks):
        names.append(f"chrUn_{species.assembly[3:5].upper()}000001v1")
    primary = _place(start, end, order, forward, chrom, leaf.before)
    alternate = None
    if species.annotation != "toga":
        names.append(f"chr1_{species.assembly[3:5].upper()}000001v1_alt")
        chosen = order[chrom[order] == 0][:ALTERNATE_LOCI]
        kept = np.sort(chosen)
        alternate = _place(
            start[kept],
            end[kept],
            np.searchsorted(kept, chosen),
            forward[kept],
            np.full(len(kept), species.chromosomes),
            leaf.before,
        )
    placements = [(primary, chrom) for chrom in range(primary.chrom.max() + 1)]
    if alternate is not None:
        placements.append((alternate, species.chromosomes))
    letters = [_letters(leaf, placement, chrom, rng) for placement, chrom in placements]
    return Genome(names, letters, primary, alternate)


def _arrange(
    start: np.ndarray,
    end: np.ndarray,
    broken: np.ndarray,
    species: Species,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the pieces in genomic order, and every piece's strand and chromosome.

    The second parts of broken genes go to an unplaced scaffold behind the last chromosome.
    """
    whole = np.flatnonzero(~broken)
    forward = np.resize([True, False, False, True, True, False], len(start))
    forward ^= rng.random(len(start)) < 0.1
    blocks = np.array_split(whole, min(BLOCKS, len(whole)))
    order = []
    for block in rng.permutation(len(blocks)):
        if rng.random() < 0.5:
            forward[blocks[block]] ^= True
            order.append(blocks[block][::-1])
        else:
            order.append(blocks[block])
    arranged = np.concatenate(order)
    reached = np.cumsum((end - start)[arranged])
    chrom = np.full(len(start), species.chromosomes)
    chrom[arranged] = reached * species.chromosomes // (reached[-1] + 1)
    return np.concatenate([arranged, np.flatnonzero(broken)]), forward, chrom


def _place(
    start: np.ndarray,
    end: np.ndarray,
    order: np.ndarray,
    forward: np.ndarray,
    chrom: np.ndarray,
    before: np.ndarray,
) -> Placement:
    """Lay pieces end to end in genomic order on their chromosomes."""
    length = (before[end] - before[start])[order]
    reached = np.cumsum(length) - length
    on = chrom[order]
    first = np.concatenate([[True], on[1:] != on[:-1]])
    offset = np.empty(len(start), np.int64)
    offset[order] = reached - np.maximum.accumulate(np.where(first, reached, 0))
    return Placement(start, end, chrom, offset, forward, before)


def _letters(leaf: Leaf, placement: Placement, chrom: int, rng: np.random.Generator) -> np.ndarray:
    """Write one sequence: pieces on their strands, repeats in lower case."""
    pieces = np.flatnonzero(placement.chrom == chrom)
    parts = []
    for piece in pieces[np.argsort(placement.offset[pieces])]:
        run = slice(placement.start[piece], placement.end[piece])
        bases = leaf.bases[run][leaf.present[run]]
        if not placement.forward[piece]:
            bases = np.where(bases < 4, 3 - bases, bases)[::-1]
        parts.append(bases)
    letters = elements.LETTERS[np.concatenate(parts)]
    starts = rng.integers(0, len(letters), int(len(letters) * MASKED / 300) + 1)
    for start, length in zip(starts, rng.integers(100, 500, len(starts)), strict=True):
        letters[start : start + length] |= 0x20
    return np.where(letters == ord("n"), np.uint8(ord("N")), letters)
