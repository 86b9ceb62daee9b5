"""Gene families and the hidden features of their members, drawn before any sequence exists."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from orthrus.simulate import elements

FIRST_BLOCK = 28
CODING_SHARE = 0.86


@dataclass(frozen=True)
class DomainBlock:
    """A conserved stretch of a protein: its first codon and its amino acids (int8)."""

    codon: int
    residues: np.ndarray


@dataclass(frozen=True)
class Family:
    """Genes that descend from one founder by duplication and share exons, frame and domains.

    `codons` counts the start and the stop codon and is 0 for a non-coding gene; `divergence` is the
    expected share of unconserved residues that a duplicate has changed since its founder.
    """

    members: int
    codons: int
    blocks: tuple[DomainBlock, ...]
    domains: tuple[int, ...]
    signals: tuple[str, ...]
    junctions: int
    optimality: float
    divergence: float


@dataclass(frozen=True)
class Gene:
    """One gene: its family and the features that are its own.

    `optimality` is the log-odds scale of its preference for optimal codons; `elements` lists the
    elements planted in its 3′ UTR, one entry per copy; `uorfs` counts the upstream reading frames,
    as many as its 5′ UTR has room for.
    """

    family: int
    member: int
    optimality: float
    elements: tuple[str, ...]
    uorfs: int
    kozak: bool


def draw_families(genes: int, rng: np.random.Generator) -> list[Family]:
    """Draw families that hold `genes` genes: singletons, families of 2–6, non-coding genes."""
    families: list[Family] = []
    left = genes
    while left:
        coding = bool(rng.random() < CODING_SHARE)
        size = 1 if not coding or rng.random() < 0.6 else int(rng.integers(2, 7))
        size = min(size, left)
        families.append(_coding_family(size, rng) if coding else _noncoding_family(rng))
        left -= size
    return families


def draw_genes(families: list[Family], rng: np.random.Generator) -> list[Gene]:
    """Draw every member of every family, family by family."""
    return [
        _gene(index, member, family, rng)
        for index, family in enumerate(families)
        for member in range(family.members)
    ]


def _noncoding_family(rng: np.random.Generator) -> Family:
    return Family(1, 0, (), (), (), int(rng.integers(0, 4)), 0.0, 0.0)


def _coding_family(members: int, rng: np.random.Generator) -> Family:
    count = rng.choice(4, p=[0.15, 0.4, 0.3, 0.15])
    domains = tuple(sorted(int(d) for d in rng.choice(len(elements.DOMAINS), count, replace=False)))
    signals = _signals(rng)
    drawn = int(np.clip(rng.lognormal(np.log(165), 0.4), 80, 420))
    blocks, needed = _blocks(domains, signals, rng)
    codons = max(drawn, needed + 8)
    if "retention" in signals:
        tail = elements.amino_acids(elements.SIGNALS["retention"])
        blocks.append(DomainBlock(codons - 1 - len(tail), tail))
    return Family(
        members=members,
        codons=codons,
        blocks=tuple(blocks),
        domains=domains,
        signals=signals,
        junctions=min(11, int(rng.poisson(rng.gamma(2.0, 2.4)))),
        optimality=float(rng.normal(0, 0.7)),
        divergence=float(rng.choice([0.15, 0.35, 0.55, 0.85], p=[0.25, 0.3, 0.25, 0.2])),
    )


def _signals(rng: np.random.Generator) -> tuple[str, ...]:
    terminus = rng.choice(["", "signal_peptide", "presequence"], p=[0.5, 0.3, 0.2])
    inside = rng.choice(["", "membrane", "nls"], p=[0.45, 0.27, 0.28])
    retained = terminus == "signal_peptide" and rng.random() < 0.3
    return tuple(str(s) for s in (terminus, inside, "retention" if retained else "") if s)


def _blocks(
    domains: tuple[int, ...], signals: tuple[str, ...], rng: np.random.Generator
) -> tuple[list[DomainBlock], int]:
    """Place signals and domains along the protein; also return the first free codon after them."""
    blocks = []
    for signal in signals:
        if signal in ("signal_peptide", "presequence"):
            blocks.append(DomainBlock(1, elements.amino_acids(elements.SIGNALS[signal])))
    inner = [elements.DOMAINS[domain] for domain in domains]
    inner += [
        elements.amino_acids(elements.SIGNALS[s]) for s in signals if s in ("membrane", "nls")
    ]
    codon = FIRST_BLOCK
    for index in rng.permutation(len(inner)):
        codon += int(rng.integers(1, 8))
        blocks.append(DomainBlock(codon, inner[index]))
        codon += len(inner[index])
    return blocks, codon


def _gene(index: int, member: int, family: Family, rng: np.random.Generator) -> Gene:
    if not family.codons:
        return Gene(index, member, 0.0, (), 0, False)
    copies = {elements.ARE: rng.choice(5, p=[0.5, 0.14, 0.14, 0.12, 0.1])}
    for site in elements.MIRNA_SITES.values():
        copies[site] = rng.choice(3, p=[0.72, 0.18, 0.1])
    for site in elements.RBP_SITES.values():
        copies[site] = rng.choice(4, p=[0.8, 0.08, 0.07, 0.05])
    return Gene(
        family=index,
        member=member,
        optimality=family.optimality + float(rng.normal(0, 0.45)),
        elements=tuple(site for site, count in copies.items() for _ in range(count)),
        uorfs=int(rng.choice(4, p=[0.58, 0.2, 0.13, 0.09])),
        kozak=bool(rng.random() < 0.5),
    )
