"""Paralog pairs as BioMart exports them, with the identity of the proteins in both directions."""

from __future__ import annotations

import numpy as np
import polars as pl

from orthrus.simulate import elements
from orthrus.simulate.assembly_gaps import Leaf
from orthrus.simulate.clade import Clade
from orthrus.simulate.ragged import ranges


def paralogs(clade: Clade, leaf: Leaf, registry: pl.DataFrame, species: str) -> pl.DataFrame:
    """Return every ordered pair of listed genes of one family, under BioMart's display names.

    `species` is the name that the headers carry (`Human`, `Mouse`). Identities are per cent of the
    target's and of the query's residues.
    """
    genes = registry.group_by("gene").agg(pl.col("gene_id", "gene_name").first()).sort("gene")
    listed = genes["gene"].to_numpy()
    query, target = _pairs(clade.family[listed])
    forward, backward = identities(clade, leaf, listed[query], listed[target])
    ids = genes["gene_id"].str.split(".").list.first()
    names = genes["gene_name"]
    return pl.DataFrame(
        {
            "Gene stable ID": ids[query],
            "Gene name": names[query],
            f"{species} paralogue gene stable ID": ids[target],
            f"{species} paralogue associated gene name": names[target],
            f"Paralogue %id. target {species} gene identical to query gene": forward.round(4),
            f"Paralogue %id. query gene identical to target {species} gene": backward.round(4),
        }
    )


def _pairs(family: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return all ordered pairs of different positions whose families are equal (sorted input)."""
    size = np.bincount(family)[family]
    first = np.searchsorted(family, family)
    target, query = ranges(first, first + size)
    return query[query != target], target[query != target]


def identities(
    clade: Clade, leaf: Leaf, query: np.ndarray, target: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the identical residues of gene pairs, in per cent of the target's and the query's.

    The members of a family share their codons' columns, so the alignment is known.
    """
    there = leaf.present[clade.codons[:, 0]]
    codons = leaf.bases[clade.codons]
    known = (codons < 4).all(axis=1)
    residue = elements.AMINO[np.where(known, elements.codon_numbers(codons), 0)]
    sense = there & (residue != elements.STOP)
    start = clade.codon_start
    a, pair = ranges(start[query], start[query + 1])
    b, _ = ranges(start[target], start[target + 1])
    same = sense[a] & sense[b] & known[a] & known[b] & (residue[a] == residue[b])
    identical = np.bincount(pair[same], minlength=len(query))
    residues = np.add.reduceat(np.append(sense, False).astype(np.int64), clade.codon_start[:-1])
    return 100 * identical / residues[target], 100 * identical / residues[query]
