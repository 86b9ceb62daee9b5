"""Mature transcripts of one species, spliced in columns, and what can be measured on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from orthrus.simulate import elements
from orthrus.simulate.assembly_gaps import Leaf
from orthrus.simulate.clade import Clade
from orthrus.simulate.ragged import ranges

_STRONG = (1, 2)


@dataclass(frozen=True)
class Mature:
    """Spliced transcripts end to end; `offsets` (n + 1,) cuts them.

    Attributes
    ----------
    isoform : (n,) int64
        Which transcripts.
    bases : (nt,) uint8
        Nucleotides 0–3, 4 where unknown.
    frame : (nt,) int8
        Position within the codon, -1 outside the CDS.
    exon_end : (nt,) bool
        The last nucleotide of an exon.
    """

    isoform: np.ndarray
    bases: np.ndarray
    frame: np.ndarray
    exon_end: np.ndarray
    offsets: np.ndarray

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Return the sum of a value per nucleotide over every transcript."""
        total = np.concatenate([[0], np.cumsum(values, dtype=np.int64)])
        return total[self.offsets[1:]] - total[self.offsets[:-1]]

    def sequences(self) -> pl.Series:
        """Return the transcripts as strings of A, C, G, T and N."""
        text = elements.LETTERS[self.bases].tobytes().decode()
        bounds = zip(self.offsets[:-1].tolist(), self.offsets[1:].tolist(), strict=True)
        return pl.Series([text[start:end] for start, end in bounds], dtype=pl.String)

    def lists(self, flags: np.ndarray) -> pl.Series:
        """Return one list of int8 per transcript of a flag per nucleotide."""
        rows = pl.Series(np.repeat(np.arange(len(self.isoform)), np.diff(self.offsets)))
        table = pl.DataFrame({"row": rows, "flag": flags.astype(np.int8)})
        return table.group_by("row", maintain_order=True).agg("flag")["flag"]


def mature(clade: Clade, leaf: Leaf, isoform: np.ndarray) -> Mature:
    """Splice the given transcripts of a species."""
    starts, ends = clade.isoforms.offsets[isoform], clade.isoforms.offsets[isoform + 1]
    exon, owner = ranges(starts, ends)
    intervals = clade.isoforms.exons[exon]
    columns, source = ranges(intervals[:, 0], intervals[:, 1])
    there = leaf.present[columns]
    columns, source = columns[there], source[there]
    cds = clade.isoforms.cds[isoform[owner[source]]]
    coding = (columns >= cds[:, 0]) & (columns < cds[:, 1])
    lengths = np.bincount(owner[source], minlength=len(isoform))
    return Mature(
        isoform=isoform,
        bases=leaf.bases[columns],
        frame=np.where(coding, clade.frame[columns], -1),
        exon_end=np.append(source[1:] != source[:-1], True),
        offsets=np.concatenate([[0], np.cumsum(lengths)]),
    )


def features(clade: Clade, transcripts: Mature) -> pl.DataFrame:
    """Measure complete coding transcripts; one row each.

    Columns: `optimality` (share of codons that end in C or G), `junctions` (exon junctions per kb),
    the copies of every element of `elements` in the UTR where it acts, and 0 or 1 for every signal
    and domain of the family.
    """
    third = transcripts.frame == 2
    strong = third & np.isin(transcripts.bases, _STRONG)
    coding = transcripts.frame >= 0
    length = np.diff(transcripts.offsets)
    first = pl.Series(np.flatnonzero(np.diff(coding, prepend=False) & coding))
    first -= transcripts.offsets[:-1]
    sequence = transcripts.sequences()
    utr5 = sequence.str.slice(0, first)
    utr3 = sequence.str.slice(first + transcripts.sums(coding))
    sites = {"are": elements.ARE, **elements.MIRNA_SITES, **elements.RBP_SITES}
    table = {
        "optimality": transcripts.sums(strong) / transcripts.sums(third),
        "junctions": 1000 * (transcripts.sums(transcripts.exon_end) - 1) / length,
        "uorf": utr5.str.count_matches(elements.UORF, literal=True),
        "kozak": utr5.str.ends_with(elements.KOZAK),
        **{name: utr3.str.count_matches(site, literal=True) for name, site in sites.items()},
    }
    families = [clade.families[f] for f in clade.family[clade.isoforms.gene[transcripts.isoform]]]
    for signal in elements.SIGNALS:
        table[signal] = np.array([signal in family.signals for family in families])
    for domain in range(len(elements.DOMAINS)):
        table[f"domain_{domain}"] = np.array([domain in family.domains for family in families])
    return pl.DataFrame(table).cast(pl.Float64)
