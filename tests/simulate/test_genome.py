from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orthrus.simulate.assembly_gaps import Leaf, grow
from orthrus.simulate.clade import Clade, found_clade
from orthrus.simulate.evolve import State, evolve
from orthrus.simulate.genepred import bins
from orthrus.simulate.genome import LINE, Genome, Placement, assemble
from orthrus.simulate.tree import species


@pytest.fixture(scope="module", params=["simHum1", "simBat1"])
def grown(request: pytest.FixtureRequest) -> tuple[Clade, Leaf, Genome]:
    clade = found_clade(2, 60)
    states: dict[str, State] = evolve(clade, 2)
    one = species(request.param)
    leaf = grow(clade, states[one.assembly], one, 2)
    return clade, leaf, assemble(clade, leaf, one, 2)


def test_columns_map_to_their_letters(grown: tuple[Clade, Leaf, Genome]) -> None:
    _, leaf, genome = grown
    rng = np.random.default_rng(0)
    placements = [genome.primary] + ([genome.alternate] if genome.alternate else [])
    for placement in placements:
        for piece in rng.integers(0, len(placement.start), 40):
            low, high = sorted(rng.integers(placement.start[piece], placement.end[piece], 2))
            (found,), (start,), (end,) = placement.locate(np.array([[low, high + 1]]))
            letters = genome.letters[placement.chrom[found]][start:end].tobytes().decode().upper()
            expected = "".join(
                "ACGTN"[leaf.bases[c]] for c in range(low, high + 1) if leaf.present[c]
            )
            if not placement.forward[found]:
                expected = expected.translate(str.maketrans("ACGT", "TGCA"))[::-1]
            assert letters == expected


def test_pieces_tile_the_chromosomes(grown: tuple[Clade, Leaf, Genome]) -> None:
    _, _, genome = grown
    placement: Placement = genome.primary
    length = placement.before[placement.end] - placement.before[placement.start]
    for chrom, size in enumerate(genome.sizes):
        on = np.flatnonzero(placement.chrom == chrom)
        on = on[np.argsort(placement.offset[on])]
        if len(on):
            assert placement.offset[on[0]] == 0
            assert (placement.offset[on][1:] == (placement.offset + length)[on][:-1]).all()
            assert placement.offset[on[-1]] + length[on[-1]] == size
    assert placement.forward.any()
    assert not placement.forward.all()


def test_fasta_lines(grown: tuple[Clade, Leaf, Genome]) -> None:
    _, _, genome = grown
    sequences: dict[str, list[str]] = {}
    for line in genome.fasta().decode().splitlines():
        assert 0 < len(line) <= LINE or line.startswith(">")
        if line.startswith(">"):
            current = sequences.setdefault(line[1:], [])
        else:
            current.append(line)
    assert list(sequences) == genome.names
    for parts, letters in zip(sequences.values(), genome.letters, strict=True):
        assert "".join(parts) == letters.tobytes().decode()
        assert all(len(part) == LINE for part in parts[:-1])


@given(st.integers(0, 500_000_000), st.integers(1, 3_000_000))
def test_bins_are_the_smallest_that_hold(start: int, length: int) -> None:
    end = start + length
    (found,) = bins(np.array([start]), np.array([end]))
    for size, first in ((1 << 17, 585), (1 << 20, 73), (1 << 23, 9), (1 << 26, 1), (1 << 29, 0)):
        if start // size == (end - 1) // size:
            assert found == first + start // size
            return
