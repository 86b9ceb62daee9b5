"""What all species share: the columns of every locus end to end, and what is known about them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from orthrus.random_streams import stream
from orthrus.simulate.families import Family, Gene, draw_families, draw_genes
from orthrus.simulate.founders import Freedom, Locus, duplicate, found, founder_protein
from orthrus.simulate.structures import Structure, draw_structure

SPACER = 30


@dataclass(frozen=True)
class Isoforms:
    """All transcripts of all genes, in global columns.

    Per transcript: `gene`, `kind`, `cds` (n, 2; -1 when non-coding), `complete` (n, 2: start and
    stop).
    Exons `exons[offsets[i]:offsets[i + 1]]` are (start, end) in transcription order.
    """

    gene: np.ndarray
    kind: np.ndarray
    cds: np.ndarray
    complete: np.ndarray
    offsets: np.ndarray
    exons: np.ndarray


@dataclass(frozen=True)
class Clade:
    """The common ancestor and the constraints under which its columns evolve.

    Attributes
    ----------
    locus : (genes + 1,) int64
        First column of every locus, and the number of columns.
    bases, freedom : (columns,) uint8
        Nucleotide in the ancestor (0–3) and `Freedom`.
    codons : (n, 3) int64
        The columns of every codon, stop codons included; `codon_start` (genes + 1,) cuts them by
        gene.
    omega, strict, optimality : (n,)
        Per codon: see `Locus`, and the gene's preference for optimal codons.
    frame : (columns,) int8
        Position within the codon, -1 outside the CDS.
    units : (m, 2) int64
        Runs of columns that appear or vanish together; `unit_coding` (m,) bool, `unit_present` (m,)
        bool: there in the ancestor.
    """

    families: list[Family]
    genes: list[Gene]
    locus: np.ndarray
    bases: np.ndarray
    freedom: np.ndarray
    codons: np.ndarray
    codon_start: np.ndarray
    omega: np.ndarray
    strict: np.ndarray
    optimality: np.ndarray
    frame: np.ndarray
    units: np.ndarray
    unit_coding: np.ndarray
    unit_present: np.ndarray
    isoforms: Isoforms

    @cached_property
    def coding(self) -> np.ndarray:
        """(genes,) bool: the gene has a CDS."""
        return np.diff(self.codon_start) > 0

    @cached_property
    def family(self) -> np.ndarray:
        """(genes,) the family of every gene."""
        return np.array([gene.family for gene in self.genes])

    def gene_at(self, columns: np.ndarray) -> np.ndarray:
        """Return the gene in whose locus each column lies."""
        return np.searchsorted(self.locus, columns, side="right") - 1


def found_clade(seed: int, genes: int) -> Clade:
    """Draw families, genes, structures and ancestral sequences."""
    families = draw_families(genes, stream(seed, "families"))
    members = draw_genes(families, stream(seed, "genes"))
    rng = stream(seed, "structures")
    structures = [draw_structure(family, rng) for family in families]
    rng = stream(seed, "founders")
    proteins = [founder_protein(family, rng) for family in families]
    loci = []
    for gene in members:
        protein, family = proteins[gene.family], families[gene.family]
        if gene.member:
            protein = duplicate(protein, family, rng)
        loci.append(found(gene, family, structures[gene.family], protein, rng))
    return _join(families, members, structures, loci, stream(seed, "units"))


def _join(
    families: list[Family],
    genes: list[Gene],
    structures: list[Structure],
    loci: list[Locus],
    rng: np.random.Generator,
) -> Clade:
    locus = _offsets([len(one.bases) for one in loci])
    codon_start = _offsets([len(one.omega) for one in loci])
    bases, freedom = (
        np.concatenate([getattr(one, name) for one in loci]) for name in ("bases", "freedom")
    )
    codons = np.concatenate(
        [one.codon_columns + start for one, start in zip(loci, locus[:-1], strict=True)]
    )
    frame = np.full(len(bases), -1, np.int8)
    frame[codons] = np.arange(3, dtype=np.int8)
    units, unit_coding = _units(freedom, codons, np.concatenate([one.sparse for one in loci]), rng)
    return Clade(
        families=families,
        genes=genes,
        locus=locus,
        bases=bases,
        freedom=freedom,
        codons=codons,
        codon_start=codon_start,
        omega=np.concatenate([one.omega for one in loci]),
        strict=np.concatenate([one.strict for one in loci]),
        optimality=np.repeat([gene.optimality for gene in genes], np.diff(codon_start)),
        frame=frame,
        units=units,
        unit_coding=unit_coding,
        unit_present=rng.random(len(units)) < 0.6,
        isoforms=_isoforms([structures[gene.family] for gene in genes], locus),
    )


def _offsets(lengths: list[int]) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def _units(
    freedom: np.ndarray, codons: np.ndarray, sparse: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Choose the runs of columns that may appear or vanish: codons, and 1–12 nt elsewhere.

    Every `SPACER` columns hold at most one run outside the CDS; it lies, with a neighbour on either
    side, in columns of one freedom, so it touches neither an exon's edge nor an element.
    """
    count = len(freedom) // SPACER
    start = np.arange(count) * SPACER + rng.integers(1, SPACER - 13, count)
    end = start + rng.integers(1, 13, count)
    breaks = np.concatenate([[0], np.cumsum(freedom[1:] != freedom[:-1])])
    free = np.isin(freedom[start], (Freedom.UTR, Freedom.NEUTRAL))
    kept = free & (breaks[start - 1] == breaks[end]) & (rng.random(count) < 0.5)
    loose = np.stack([start, end], axis=1)[kept]
    coding = np.stack([codons[sparse, 0], codons[sparse, 2] + 1], axis=1)
    units = np.concatenate([loose, coding])
    order = np.argsort(units[:, 0], kind="stable")
    return units[order], (np.arange(len(units)) >= len(loose))[order]


def _isoforms(structures: list[Structure], locus: np.ndarray) -> Isoforms:
    rows = [
        (gene, isoform)
        for gene, structure in enumerate(structures)
        for isoform in structure.isoforms
    ]
    shift = [int(locus[gene]) for gene, _ in rows]
    return Isoforms(
        gene=np.array([gene for gene, _ in rows]),
        kind=np.array([isoform.kind for _, isoform in rows]),
        cds=np.array(
            [
                (isoform.cds[0] + start, isoform.cds[1] + start) if isoform.cds else (-1, -1)
                for start, (_, isoform) in zip(shift, rows, strict=True)
            ]
        ),
        complete=np.array([(isoform.complete5, isoform.complete3) for _, isoform in rows]),
        offsets=_offsets([len(isoform.exons) for _, isoform in rows]),
        exons=np.concatenate(
            [isoform.exons + start for start, (_, isoform) in zip(shift, rows, strict=True)]
        ),
    )
