from __future__ import annotations

import itertools

import numpy as np
import pytest

from orthrus.simulate import elements
from orthrus.simulate.assembly_gaps import Leaf, grow
from orthrus.simulate.clade import Clade, found_clade
from orthrus.simulate.evolve import evolve
from orthrus.simulate.paralogs import identities, paralogs
from orthrus.simulate.transcript_names import registry
from orthrus.simulate.tree import species


def protein(clade: Clade, leaf: Leaf, gene: int) -> list[str]:
    """The residues of a gene, codon column by codon column; "-" where there is none."""
    residues = []
    for columns in clade.codons[clade.codon_start[gene] : clade.codon_start[gene + 1]]:
        if not leaf.present[columns[0]]:
            residues.append("-")
            continue
        a, b, c = (int(leaf.bases[column]) for column in columns)
        residues.append(elements.AMINO_ACIDS[elements.AMINO[16 * a + 4 * b + c]])
    return residues


def test_identities_equal_a_count_by_hand() -> None:
    clade = found_clade(5, 80)
    human = species("simHum1")
    leaf = grow(clade, evolve(clade, 5)["simHum1"], human, 5)
    listed = registry(clade, human, 5)
    table = paralogs(clade, leaf, listed, "Human")
    pairs = [
        (a, b)
        for a, b in itertools.permutations(range(len(clade.genes)), 2)
        if clade.family[a] == clade.family[b]
    ]
    assert len(table) == len(pairs) > 30
    forward, backward = identities(clade, leaf, *np.array(pairs).T)
    for (query, target), to_target, to_query in zip(pairs, forward, backward, strict=True):
        p, q = protein(clade, leaf, query), protein(clade, leaf, target)
        same = sum(x == y and x not in "-*" for x, y in zip(p, q, strict=True))
        assert to_target == pytest.approx(100 * same / sum(y not in "-*" for y in q))
        assert to_query == pytest.approx(100 * same / sum(x not in "-*" for x in p))
    assert sorted(table[table.columns[4]]) == pytest.approx(sorted(forward), abs=1e-4)
