from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from simulate_helpers import UCSC, coding_sequence, gene_pred, read_genome, splice

from orthrus.simulate import elements
from orthrus.simulate.assembly_gaps import grow
from orthrus.simulate.clade import Clade, found_clade
from orthrus.simulate.evolve import State, along, drift, evolve, presence, select
from orthrus.simulate.founders import Freedom
from orthrus.simulate.mature import features, mature
from orthrus.simulate.tree import EDGES, ROOT, SPECIES, species


@pytest.fixture(scope="module")
def clade() -> Clade:
    return found_clade(1, 120)


@pytest.fixture(scope="module")
def states(clade: Clade) -> dict[str, State]:
    return evolve(clade, 1)


def residues(clade: Clade, bases: np.ndarray) -> np.ndarray:
    return elements.AMINO[bases[clade.codons].astype(int) @ np.array([16, 4, 1])]


def test_genetic_code() -> None:
    table = {"ATG": "M", "TGG": "W", "TAA": "*", "TGA": "*", "AGA": "R", "GTT": "V", "CAG": "Q"}
    for codon, letter in table.items():
        number = int(elements.nucleotides(codon).astype(int) @ np.array([16, 4, 1]))
        assert elements.AMINO_ACIDS[elements.AMINO[number]] == letter
        assert (elements.CODONS[number] == elements.nucleotides(codon)).all()
    assert np.bincount(elements.AMINO)[elements.STOP] == 3


def test_tree_reaches_every_species_once() -> None:
    children = [child for _, child, _ in EDGES]
    assert len(children) == len(set(children))
    known = {ROOT}
    for parent, child, length in EDGES:
        assert parent in known
        assert length > 0
        known.add(child)
    leaves = set(children) - {parent for parent, _, _ in EDGES}
    assert leaves == {one.assembly for one in SPECIES}


def test_drift_follows_jukes_and_cantor() -> None:
    freedom = np.repeat(np.array(list(Freedom), np.uint8), 100_000)
    bases = np.zeros(len(freedom), np.uint8)
    changed = drift(bases, freedom, 0.5, np.random.default_rng(0))
    differs = (changed != bases).reshape(5, -1).mean(axis=1)
    assert differs[Freedom.NEUTRAL] == pytest.approx(0.75 * (1 - np.exp(-0.5 / 0.75)), abs=0.01)
    assert differs[Freedom.LOCKED] == differs[Freedom.CODING] == 0
    assert differs[Freedom.ELEMENT] < 0.03 < differs[Freedom.UTR] < differs[Freedom.NEUTRAL]


def test_selection_keeps_stops_starts_and_reading_frames(clade: Clade) -> None:
    bases = clade.bases.copy()
    select(bases, clade, 3.0, np.random.default_rng(0))
    before, after = residues(clade, clade.bases), residues(clade, bases)
    assert ((before == elements.STOP) == (after == elements.STOP)).all()
    assert (bases[clade.codons[clade.codon_start[:-1][clade.coding]]] == [0, 3, 2]).all()
    silent = (before == after) & (clade.bases[clade.codons] != bases[clade.codons]).any(axis=1)
    assert silent.mean() > (before != after).mean()
    assert (elements.CLASS[before] == elements.CLASS[after])[clade.strict].all()
    outside = clade.frame < 0
    assert (clade.bases[outside] == bases[outside]).all()


def test_codon_usage_stays_at_its_equilibrium(clade: Clade) -> None:
    for preference in (-1.0, 1.0):
        pushed = replace(clade, optimality=np.full(len(clade.codons), preference))
        bases = clade.bases.copy()
        for seed in range(3):
            select(bases, pushed, 4.0, np.random.default_rng(seed))
        valine = residues(clade, bases) == elements.AMINO_ACIDS.index("V")
        optimal = np.isin(bases[clade.codons[valine, 2]], (1, 2)).mean()
        assert optimal == pytest.approx(1 / (1 + np.exp(-2 * preference)), abs=0.06)


def test_indels_are_whole_codons_inside_exons(clade: Clade, states: dict[str, State]) -> None:
    for state in states.values():
        there = presence(clade, state.units)
        expected = np.ones(len(there), bool)
        for (start, end), present in zip(clade.units, state.units, strict=True):
            expected[start:end] = present
        assert (there == expected).all()
        assert (there[clade.codons].sum(axis=1) % 3 == 0).all()
        assert not there[clade.codons[clade.strict]].all(axis=1).sum() < clade.strict.sum()
    human, mouse = (presence(clade, states[name].units) for name in ("simHum1", "simMus1"))
    assert (human != mouse)[clade.frame >= 0].any()


def test_a_branch_of_no_length_changes_nothing(clade: Clade) -> None:
    state = State(clade.bases, clade.unit_present)
    same = along(state, clade, 0.0, np.random.default_rng(0))
    assert (same.bases == state.bases).all()
    assert (same.units == state.units).all()


def test_hidden_features_are_conserved(clade: Clade, states: dict[str, State]) -> None:
    canonical = np.flatnonzero(
        (clade.isoforms.kind == "canonical") & clade.coding[clade.isoforms.gene]
    )
    human, mouse = (
        features(clade, mature(clade, grow(clade, states[name], species(name), 1), canonical))
        for name in ("simHum1", "simMus1")
    )
    for name in ("optimality", "junctions", "are", "uorf", "kozak", "site_a"):
        pair = np.corrcoef(human[name].to_numpy(), mouse[name].to_numpy())
        assert pair[0, 1] > 0.75, name


def kmers(sequence: str, size: int = 10) -> set[str]:
    return {sequence[i : i + size] for i in range(len(sequence) - size + 1)}


def test_published_orthologs_are_most_alike_in_the_cds(mirror: Path) -> None:
    shared: dict[str, list[float]] = {"cds": [], "rest": [], "other": []}
    tables = {}
    for assembly, name in (("simHum1", "BasicV1"), ("simMus1", "BasicVM1")):
        path = mirror / UCSC / assembly / "database" / f"wgEncodeGencode{name}.txt.gz"
        genome = read_genome(mirror, assembly)
        tables[assembly] = {
            row.symbol.upper(): (
                coding_sequence(genome, row),
                splice(genome, row.chrom, row.strand, row.exons),
            )
            for row in gene_pred(path)
            if row.complete
        }
    human, mouse = tables["simHum1"], tables["simMus1"]
    names = sorted(set(human) & set(mouse))
    for name, other in zip(names, names[1:] + names[:1], strict=True):
        coding, whole = kmers(human[name][0]), kmers(human[name][1])
        noncoding = whole - coding
        shared["cds"].append(len(coding & kmers(mouse[name][0])) / len(coding))
        shared["rest"].append(len(noncoding & kmers(mouse[name][1])) / len(noncoding))
        shared["other"].append(len(coding & kmers(mouse[other][0])) / len(coding))
    cds, rest, other = (sum(values) / len(values) for values in shared.values())
    assert cds > 1.5 * rest
    assert cds > 4 * other
