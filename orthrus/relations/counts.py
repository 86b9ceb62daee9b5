"""Exact numbers of positive pairs, by rule, without enumerating them.

The data sets are the four rows of the paper's Table 1 (`orthrus.relations.pair_kinds.DATASETS`).
Pairs are ordered: (a, b) and (b, a) both count when both are bases. Let a gene group hold n
reference transcripts, n_s of them of species s, and t projections:

* splice: Σ_s n_s (n_s − 1);
* naive: n² − Σ_s n_s²;
* ortholog, in the combined data set: n t, every isoform with every ortholog of its gene;
* ortholog, in the ortholog-only data set: one for each projection whose reference transcript is
  in the corpus.

`pairs` and `by_kind` count all of them, as Table 1 does. `by_length_class` counts what training
may draw: a short base has short partners, a long base short and long ones, a transcript longer
than every class takes no part, and a base never changes its class. `bases_without_pairs` are the
bases of a class that are left without partner and so are dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from orthrus.array_types import Ints
from orthrus.relations.index import Relations
from orthrus.relations.pair_kinds import DATASETS, own_projections_only

CLASSES = ("short", "long", "longer")


@dataclass(frozen=True)
class Tally:
    """Members of every gene group by length class, each array (groups, 3) int64.

    Attributes
    ----------
    references, projections
        Per group.
    isoforms
        Reference transcripts per group and species, (blocks, 3).
    own
        (3, 3): projections by length class of their reference transcript, then by their own.
    own_bases
        (3,): reference transcripts, by class, with a projection not longer than the class.
    """

    references: Ints
    projections: Ints
    isoforms: Ints
    own: Ints
    own_bases: Ints


def tally(relations: Relations) -> Tally:
    """Count members by gene group and length class."""
    classes = relations.length_class[relations.references]
    before = np.zeros((len(classes) + 1, 3), dtype=np.int64)
    np.cumsum(classes[:, None] == np.arange(3), axis=0, out=before[1:])
    first = np.flatnonzero(relations.block_start == np.arange(len(classes)))
    last = relations.block_end[first]

    projections = np.diff(relations.cuts, axis=0, prepend=relations.toga_start[None]).T
    own = np.diff(relations.own_starts).reshape(-1, 3)
    base_class = relations.length_class[relations.reference_rows]
    paired = np.cumsum(own, axis=1)[np.arange(len(own)), base_class] > 0
    return Tally(
        references=before[relations.end] - before[relations.start],
        projections=projections,
        isoforms=before[last] - before[first],
        own=np.stack([own[base_class == base].sum(axis=0) for base in range(3)]),
        own_bases=np.bincount(base_class[paired & (base_class < 2)], minlength=3),
    )


def count(relations: Relations) -> dict[str, Any]:
    """Return the counts of all data sets, ready for JSON."""
    tallied = tally(relations)
    references, everyone = len(relations.references), len(relations)
    everything = {
        name: _dataset(tallied, frozenset(kinds), everyone if "ortholog" in kinds else references)
        for name, kinds in DATASETS.items()
    }
    return {
        "datasets": everything,
        "groups": len(tallied.references),
        "reference_transcripts": references,
        "projections": everyone - references,
        "projections_without_reference": everyone - references - int(tallied.own.sum()),
    }


def _dataset(tallied: Tally, kinds: frozenset[str], transcripts: int) -> dict[str, Any]:
    own = own_projections_only(kinds)
    rules = {"splice": _splice, "naive": _naive, "ortholog": _own if own else _ortholog}
    used: dict[str, Callable[..., int]] = {
        kind: rule for kind, rule in rules.items() if kind in kinds
    }
    anything = slice(None)
    by_kind = {
        kind: sum(rule(tallied, base, anything) for base in range(3)) for kind, rule in used.items()
    }
    by_class: dict[str, Any] = {CLASSES[2]: {"bases": int(tallied.references[:, 2].sum())}}
    for base in (0, 1):
        limited = {kind: rule(tallied, base, slice(base + 1)) for kind, rule in used.items()}
        by_class[CLASSES[base]] = {
            "bases": int(tallied.references[:, base].sum()),
            "bases_without_pairs": _without_pairs(tallied, base, kinds),
            "pairs": sum(limited.values()),
            "by_kind": limited,
        }
    return {
        "transcripts": transcripts,
        "pairs": sum(by_kind.values()),
        "by_kind": by_kind,
        "by_length_class": by_class,
    }


def _splice(tallied: Tally, base: int, partner: slice) -> int:
    """Pairs of bases of class `base` with the partner classes `partner`, which include it."""
    bases, partners = tallied.isoforms[:, base], tallied.isoforms[:, partner].sum(axis=1)
    return int((bases * (partners - 1)).sum())


def _naive(tallied: Tally, base: int, partner: slice) -> int:
    bases, partners = tallied.references[:, base], tallied.references[:, partner].sum(axis=1)
    return int((bases * (partners - 1)).sum()) - _splice(tallied, base, partner)


def _ortholog(tallied: Tally, base: int, partner: slice) -> int:
    return int((tallied.references[:, base] * tallied.projections[:, partner].sum(axis=1)).sum())


def _own(tallied: Tally, base: int, partner: slice) -> int:
    return int(tallied.own[base, partner].sum())


def _without_pairs(tallied: Tally, base: int, kinds: frozenset[str]) -> int:
    bases = tallied.references[:, base]
    if not kinds:
        return 0  # every transcript is paired with itself
    if own_projections_only(kinds):
        return int(bases.sum() - tallied.own_bases[base])
    partners = tallied.references[:, : base + 1].sum(axis=1) - 1
    if "ortholog" in kinds:
        partners += tallied.projections[:, : base + 1].sum(axis=1)
    return int(bases[partners == 0].sum())
