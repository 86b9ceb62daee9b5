"""What a species' assembly really holds: gaps, and in the TOGA queries lost and broken genes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from orthrus.random_streams import stream
from orthrus.simulate import elements
from orthrus.simulate.clade import Clade
from orthrus.simulate.evolve import State, presence
from orthrus.simulate.founders import Freedom
from orthrus.simulate.tree import Species

FATES = {"I": 0.85, "PI": 0.03, "UL": 0.03, "L": 0.05, "M": 0.025, "N": 0.015}
"""How often a query's gene is intact, partly in a gap, shifted once, lost, in a gap, not found."""
FRAGMENTED = 0.03
UTR_GAPS = 0.02


@dataclass(frozen=True)
class Leaf:
    """One species in columns.

    Attributes
    ----------
    bases : (columns,) uint8
        Nucleotide 0–3, 4 where the assembly has a gap (N).
    before : (columns + 1,) int64
        How many nucleotides lie before each column.
    present : (columns,) bool
        The species has a nucleotide there.
    fate : (genes,) str
        TOGA's loss class of every gene.
    breaks : (n,) int64
        Columns at which the assembly is broken, within introns.
    """

    bases: np.ndarray
    present: np.ndarray
    before: np.ndarray
    fate: np.ndarray
    breaks: np.ndarray


def grow(clade: Clade, state: State, species: Species, seed: int) -> Leaf:
    """Turn the end of a branch into an assembly's content."""
    rng = stream(seed, "leaf", species.assembly)
    bases, present = state.bases.copy(), presence(clade, state.units)
    fate = np.full(len(clade.genes), "I", dtype="<U2")
    breaks = np.zeros(0, np.int64)
    if species.annotation == "toga":
        fate[clade.coding] = rng.choice(list(FATES), clade.coding.sum(), p=list(FATES.values()))
        for gene in np.flatnonzero(fate != "I"):
            _damage(clade, int(gene), str(fate[gene]), bases, present, rng)
        breaks = _breaks(clade, rng)
    _gaps(clade, bases, rng)
    before = np.concatenate([[0], np.cumsum(present)])
    return Leaf(bases, present, before, fate, breaks)


def _damage(
    clade: Clade,
    gene: int,
    fate: str,
    bases: np.ndarray,
    present: np.ndarray,
    rng: np.random.Generator,
) -> None:
    """Give a gene the sequence that its loss class describes."""
    codons = clade.codons[clade.codon_start[gene] : clade.codon_start[gene + 1]]
    if fate in ("M", "PI"):
        bases[codons if fate == "M" else codons[: len(codons) // 5]] = 4
    if fate in ("L", "UL"):
        there = codons[present[codons[:, 0]]]
        shifted = int(len(there) * rng.uniform(0.1, 0.5))
        present[there[shifted, 1]] = False
        if fate == "L":
            bases[there[len(there) * 3 // 5 :][:40:13]] = elements.nucleotides("TAA")


def _breaks(clade: Clade, rng: np.random.Generator) -> np.ndarray:
    """Choose genes whose assembly is broken in an intron between two coding exons."""
    gap = clade.codons[1:, 0] - clade.codons[:-1, 2] > 50
    gap &= np.diff(clade.gene_at(clade.codons[:, 0])) == 0
    introns = np.flatnonzero(gap)
    genes, first = np.unique(clade.gene_at(clade.codons[introns, 0]), return_index=True)
    chosen = introns[first[rng.random(len(genes)) < FRAGMENTED]]
    return (clade.codons[chosen, 2] + clade.codons[chosen + 1, 0]) // 2


def _gaps(clade: Clade, bases: np.ndarray, rng: np.random.Generator) -> None:
    """Lay runs of N over flanks and introns, and a few short ones over untranslated exons."""
    free = clade.freedom == Freedom.NEUTRAL
    for start in rng.integers(0, len(bases), len(bases) // 60_000):
        run = slice(start, start + int(rng.integers(20, 600)))
        bases[run][free[run]] = 4
    untranslated = np.flatnonzero(clade.freedom == Freedom.UTR)
    for start in rng.choice(untranslated, int(UTR_GAPS * len(clade.genes)) + 1, replace=False):
        run = slice(start, start + int(rng.integers(3, 20)))
        bases[run][clade.freedom[run] == Freedom.UTR] = 4
