"""The sequence of every gene in the common ancestor, and how free each column is to change."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from orthrus.simulate import elements
from orthrus.simulate.families import Family, Gene
from orthrus.simulate.structures import Structure

CELL = 12
UORF_SPACING = 18
UTR5_COMPOSITION = (0.21, 0.29, 0.29, 0.21)
UTR3_COMPOSITION = (0.29, 0.2, 0.21, 0.3)
BLOCK_CONSERVATION = 0.15
"""How much less a conserved block diverges between duplicates than the rest of the protein."""


class Freedom(IntEnum):
    """What constrains a column."""

    LOCKED = 0
    ELEMENT = 1
    UTR = 2
    NEUTRAL = 3
    CODING = 4


@dataclass(frozen=True)
class Locus:
    """One gene in the ancestor: nucleotides and freedom per column, constraint per codon.

    `omega` is the probability with which a change of the residue is accepted; a `strict` codon
    keeps the chemical class of its residue. A `sparse` codon may appear and vanish.
    """

    bases: np.ndarray
    freedom: np.ndarray
    codon_columns: np.ndarray
    omega: np.ndarray
    strict: np.ndarray
    sparse: np.ndarray


def founder_protein(family: Family, rng: np.random.Generator) -> np.ndarray:
    """Return the residues (int8, stop included) of a family's founder; none when non-coding."""
    residues = rng.choice(20, family.codons, p=elements.BACKGROUND).astype(np.int8)
    for block in family.blocks:
        residues[block.codon : block.codon + len(block.residues)] = block.residues
    if family.codons:
        residues[0], residues[-1] = elements.AMINO_ACIDS.index("M"), elements.STOP
    return residues


def duplicate(protein: np.ndarray, family: Family, rng: np.random.Generator) -> np.ndarray:
    """Return a duplicate of a protein that has diverged, less within conserved blocks."""
    chance = np.full(len(protein), family.divergence * rng.uniform(0.6, 1.2))
    chance[_in_blocks(family)] *= BLOCK_CONSERVATION
    chance[[0, -1]] = 0
    changed = rng.random(len(protein)) < chance
    fresh = rng.choice(20, len(protein), p=elements.BACKGROUND)
    return np.where(changed, fresh, protein).astype(np.int8)


def found(
    gene: Gene, family: Family, structure: Structure, protein: np.ndarray, rng: np.random.Generator
) -> Locus:
    """Write the ancestral sequence of a gene.

    Parameters
    ----------
    protein : (codons,) int8
        Its residues, the stop included; empty for a non-coding gene.
    """
    bases = rng.integers(0, 4, structure.length, dtype=np.uint8)
    freedom = np.full(structure.length, Freedom.NEUTRAL, np.uint8)
    freedom[structure.mature] = Freedom.UTR
    _splice_sites(bases, freedom, structure, rng)
    if not family.codons:
        none = np.zeros(0)
        return Locus(bases, freedom, np.zeros((0, 3), np.int64), none, none.astype(bool), none > 0)
    spliced, fixed = _transcript(gene, structure, protein, rng)
    bases[structure.mature] = spliced
    freedom[structure.mature[fixed]] = Freedom.ELEMENT
    coding = structure.mature[structure.utr5 : structure.stop]
    freedom[coding] = Freedom.CODING
    freedom[coding[:3]] = Freedom.LOCKED
    freedom[structure.mature[list(structure.fixed)]] = Freedom.LOCKED
    codon_columns = coding.reshape(-1, 3)
    strict = _in_blocks(family)
    omega = np.clip(rng.gamma(0.7, 0.2, family.codons), 0.005, 0.6)
    omega[strict] = 0.05
    whole = codon_columns[:, 2] - codon_columns[:, 0] == 2
    sparse = whole & ~strict & (rng.random(family.codons) < 0.06)
    sparse[[0, 1, -2, -1, *structure.protected]] = False
    return Locus(bases, freedom, codon_columns, omega, strict, sparse)


def _in_blocks(family: Family) -> np.ndarray:
    inside = np.zeros(family.codons, bool)
    for block in family.blocks:
        inside[block.codon : block.codon + len(block.residues)] = True
    return inside


def _splice_sites(
    bases: np.ndarray, freedom: np.ndarray, structure: Structure, rng: np.random.Generator
) -> None:
    """Give every intron GT, a pyrimidine tract and AG."""
    starts, ends = structure.exons[:-1, 1], structure.exons[1:, 0]
    tract = ends[:, None] - np.arange(15, 2, -1)
    bases[tract] = np.where(
        rng.random(tract.shape) < 0.8, rng.choice([1, 3], tract.shape), bases[tract]
    )
    for columns, letter in ((starts, 2), (starts + 1, 3), (ends - 2, 0), (ends - 1, 2)):
        bases[columns] = letter
        freedom[columns] = Freedom.LOCKED


def _transcript(
    gene: Gene, structure: Structure, protein: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the spliced sequence and the mature positions that hold regulatory elements."""
    utr5 = _without_starts(rng.choice(4, structure.utr5, p=UTR5_COMPOSITION).astype(np.uint8))
    utr3 = rng.choice(4, len(structure.mature) - structure.stop, p=UTR3_COMPOSITION).astype(
        np.uint8
    )
    spliced = np.concatenate([utr5, _codons(protein, gene.optimality, rng).ravel(), utr3])
    planted = []
    if gene.kozak:
        planted.append((structure.utr5 - len(elements.KOZAK), elements.KOZAK))
    room = (structure.utr5 - len(elements.KOZAK)) // UORF_SPACING
    for copy in range(min(gene.uorfs, room)):
        planted.append((copy * UORF_SPACING + int(rng.integers(0, 4)), elements.UORF))
    cells = rng.permutation((len(utr3) - 6) // CELL)
    for cell, site in zip(cells, gene.elements, strict=False):
        offset = 6 + cell * CELL + rng.integers(0, CELL - len(site) + 1)
        planted.append((structure.stop + int(offset), site))
    for position, site in planted:
        spliced[position : position + len(site)] = elements.nucleotides(site)
    for position, letter in structure.fixed.items():
        spliced[position] = letter
    fixed = [np.arange(position, position + len(site)) for position, site in planted]
    return spliced, np.concatenate([np.zeros(0, np.int64), *fixed])


def _without_starts(utr5: np.ndarray) -> np.ndarray:
    """Turn ATG into ATC, so that an upstream start is there on purpose or not at all."""
    start = (utr5[:-2] == 0) & (utr5[1:-1] == 3) & (utr5[2:] == 2)
    utr5[2:][start] = 1
    return utr5


def _codons(protein: np.ndarray, optimality: float, rng: np.random.Generator) -> np.ndarray:
    """Choose a codon for every residue with probability ∝ exp(optimality · preference); (n, 3)."""
    weight = np.exp(optimality * elements.OPTIMAL) * (
        np.arange(len(elements.AMINO_ACIDS))[:, None] == elements.AMINO
    )
    cumulative = np.cumsum(weight, axis=1) / weight.sum(axis=1, keepdims=True)
    chosen = (cumulative[protein] <= rng.random(len(protein))[:, None]).sum(axis=1)
    return elements.CODONS[chosen]
