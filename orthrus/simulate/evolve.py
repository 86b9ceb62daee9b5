"""Evolution along the tree: neutral drift, codons under selection, insertions and deletions.

The model is Metropolis sampling. A codon meets proposals, each a random change of one nucleotide,
at the neutral rate; a synonymous proposal is accepted with probability min(1, exp(s·Δ)), where Δ is
the change in codon preference and s the gene's optimality, so that codon usage stays at its
equilibrium; a change of the residue in addition with probability ω; a stop codon never.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from orthrus.random_streams import stream
from orthrus.simulate import elements
from orthrus.simulate.clade import Clade
from orthrus.simulate.founders import Freedom
from orthrus.simulate.tree import EDGES, ROOT, SPECIES

RATES = {
    Freedom.LOCKED: 0.0,
    Freedom.ELEMENT: 0.03,
    Freedom.UTR: 0.8,
    Freedom.NEUTRAL: 1.0,
    Freedom.CODING: 0.0,
}
"""Substitutions per neutral substitution in `drift`; codons have a kernel of their own."""
CODING_INDELS, LOOSE_INDELS = 0.15, 0.6
"""Flips of an indel unit per unit of branch length."""


@dataclass(frozen=True)
class State:
    """The sequence of one node: nucleotides per column (uint8) and presence per unit (bool)."""

    bases: np.ndarray
    units: np.ndarray


def evolve(clade: Clade, seed: int) -> dict[str, State]:
    """Return the state of every leaf of the tree, by assembly."""
    states = {ROOT: State(clade.bases, clade.unit_present)}
    for parent, child, length in EDGES:
        states[child] = along(states[parent], clade, length, stream(seed, "edge", child))
    return {one.assembly: states[one.assembly] for one in SPECIES}


def along(state: State, clade: Clade, length: float, rng: np.random.Generator) -> State:
    """Return the state at the end of a branch of `length`."""
    bases = drift(state.bases, clade.freedom, length, rng)
    select(bases, clade, length, rng)
    rate = np.where(clade.unit_coding, CODING_INDELS, LOOSE_INDELS)
    flipped = rng.random(len(rate)) < 1 - np.exp(-rate * length)
    return State(bases, state.units ^ flipped)


def drift(
    bases: np.ndarray, freedom: np.ndarray, length: float, rng: np.random.Generator
) -> np.ndarray:
    """Substitute by Jukes and Cantor's model, each column at the rate of its freedom."""
    distance = np.array([RATES[kind] for kind in Freedom]) * length
    chance = (0.75 * (1 - np.exp(-distance / 0.75))).astype(np.float32)
    columns = np.flatnonzero(rng.random(len(bases), dtype=np.float32) < chance[freedom])
    changed = bases.copy()
    changed[columns] = (changed[columns] + rng.integers(1, 4, len(columns), dtype=np.uint8)) % 4
    return changed


def select(bases: np.ndarray, clade: Clade, length: float, rng: np.random.Generator) -> None:
    """Mutate codons in place, keeping what purifying selection accepts."""
    proposals = rng.poisson(3 * length, len(clade.codons))
    for turn in range(proposals.max(initial=0)):
        rows = np.flatnonzero(proposals > turn)
        place = rng.integers(0, 3, len(rows))
        old = bases[clade.codons[rows]]
        new = old.copy()
        pick = np.arange(len(rows))
        new[pick, place] = (old[pick, place] + rng.integers(1, 4, len(rows), dtype=np.uint8)) % 4
        columns = clade.codons[rows, place]
        numbers = elements.codon_numbers(old), elements.codon_numbers(new)
        accepted = rng.random(len(rows)) < _acceptance(clade, rows, *numbers)
        accepted &= clade.freedom[columns] != Freedom.LOCKED
        bases[columns[accepted]] = new[accepted, place[accepted]]


def _acceptance(clade: Clade, rows: np.ndarray, old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Return the probability with which each proposal survives."""
    gain = clade.optimality[rows] * (elements.OPTIMAL[new] - elements.OPTIMAL[old])
    before, after = elements.AMINO[old], elements.AMINO[new]
    chance = np.exp(np.minimum(gain, 0)) * np.where(before == after, 1.0, clade.omega[rows])
    lost = (before == elements.STOP) != (after == elements.STOP)
    unlike = clade.strict[rows] & (elements.CLASS[before] != elements.CLASS[after])
    return np.where(lost | unlike, 0.0, chance)


def presence(clade: Clade, units: np.ndarray) -> np.ndarray:
    """Return (columns,) bool: the column has a nucleotide where `units` are present."""
    absent = clade.units[~units]
    change = np.zeros(len(clade.bases) + 1, np.int8)
    np.add.at(change, absent[:, 0], 1)
    np.add.at(change, absent[:, 1], -1)
    return np.cumsum(change[:-1], dtype=np.int8) == 0
