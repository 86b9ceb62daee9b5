from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orthrus.simulate import elements
from orthrus.simulate.families import Family, draw_families, draw_genes
from orthrus.simulate.founders import Freedom, duplicate, found, founder_protein
from orthrus.simulate.structures import Structure, draw_structure


def draw(seed: int) -> tuple[Family, Structure]:
    rng = np.random.default_rng(seed)
    family = draw_families(1, rng)[0]
    return family, draw_structure(family, rng)


@settings(deadline=None)
@given(st.integers(0, 10_000))
def test_isoforms_are_well_formed(seed: int) -> None:
    family, structure = draw(seed)
    assert 1 <= len(structure.exons) <= 12
    assert structure.isoforms[0].kind == "canonical"
    assert (structure.isoforms[0].exons == structure.exons).all()
    for isoform in structure.isoforms:
        edges = isoform.exons.ravel()
        assert (np.diff(edges) > 0).all()
        assert edges[0] > 0
        assert edges[-1] < structure.length
        assert (isoform.cds is not None) <= (family.codons > 0)
        if isoform.cds is None:
            continue
        coding = [
            column
            for start, end in isoform.exons
            for column in range(start, end)
            if isoform.cds[0] <= column < isoform.cds[1]
        ]
        frames = (np.searchsorted(structure.mature, coding) - structure.utr5) % 3
        assert (np.diff(frames) % 3 == 1).all(), "an isoform never leaves the reading frame"
        assert (frames[0] == 0) or not isoform.complete5
        assert (frames[-1] == 2) or not isoform.complete3


@settings(deadline=None)
@given(st.integers(0, 10_000))
def test_loci_hold_what_the_gene_asks_for(seed: int) -> None:
    family, structure = draw(seed)
    rng = np.random.default_rng(seed)
    gene = draw_genes([family], rng)[0]
    locus = found(gene, family, structure, founder_protein(family, rng), rng)
    assert len(locus.bases) == len(locus.freedom) == structure.length
    spliced = "".join("ACGT"[base] for base in locus.bases[structure.mature])
    if not family.codons:
        assert (locus.freedom[structure.mature] == Freedom.UTR).all()
        return
    utr5, utr3 = spliced[: structure.utr5], spliced[structure.stop :]
    assert utr5.count("ATG") >= utr5.count(elements.UORF)
    assert utr5.endswith(elements.KOZAK) or not gene.kozak
    assert bool(gene.uorfs) == (elements.UORF in utr5)
    planted = gene.elements[: (len(utr3) - 6) // 12]
    for site in set(planted):
        assert utr3.count(site) >= 1
    coding = spliced[structure.utr5 : structure.stop]
    assert coding.startswith("ATG")
    assert coding[-3:] in ("TAA", "TAG", "TGA")
    assert locus.sparse.sum() == 0 or not (locus.sparse & locus.strict).any()
    for start, end in zip(structure.exons[:-1, 1], structure.exons[1:, 0], strict=True):
        intron = "".join("ACGT"[base] for base in locus.bases[start:end])
        assert intron.startswith("GT")
        assert intron.endswith("AG")


@pytest.mark.parametrize("divergence", [0.15, 0.85])
def test_duplicates_keep_their_conserved_blocks(divergence: float) -> None:
    rng = np.random.default_rng(0)
    family = next(f for f in draw_families(500, rng) if len(f.domains) >= 2)
    family = Family(**{**family.__dict__, "divergence": divergence})
    protein = founder_protein(family, rng)
    inside = np.zeros(family.codons, bool)
    for block in family.blocks:
        inside[block.codon : block.codon + len(block.residues)] = True
    same = np.mean([duplicate(protein, family, rng) == protein for _ in range(50)], axis=0)
    assert same[[0, -1]].min() == 1
    assert same[inside].mean() > same[~inside].mean()
    assert same[~inside][1:-1].mean() == pytest.approx(1 - 0.9 * divergence * 0.94, abs=0.06)


def test_families_hold_exactly_the_genes_asked_for() -> None:
    for genes in (30, 77, 800):
        families = draw_families(genes, np.random.default_rng(genes))
        assert sum(family.members for family in families) == genes
        assert {family.members for family in families} <= set(range(1, 7))
        noncoding = sum(family.codons == 0 for family in families)
        assert 0 < noncoding < 0.3 * len(families)
