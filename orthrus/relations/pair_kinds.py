"""The kinds of positive pairs, and the data sets of the paper's Table 1 that they make up.

A pair starts at its base, a reference transcript, and leads to its partner:

splice
    another reference transcript of the same gene group and species;
naive
    a reference transcript of the same gene group in another species;
ortholog
    a TOGA projection in the same gene group. Alone, without splice and naive pairs, only the
    projections of the base itself: the paper's ortholog-only data set holds as many pairs as
    projections.
"""

from __future__ import annotations

from collections.abc import Iterable

from orthrus.errors import OrthrusError

SELF, SPLICE, NAIVE, ORTHOLOG = range(4)
CODES = {"splice": SPLICE, "naive": NAIVE, "ortholog": ORTHOLOG}
KINDS = tuple(CODES)
WEIGHTS = {"self_pair": SELF, **CODES}
"""The keys of `objective.weights`, and the codes of the pairs that they weigh."""

DATASETS: dict[str, tuple[str, ...]] = {
    "splice and ortholog": ("splice", "naive", "ortholog"),
    "ortholog": ("ortholog",),
    "splice": ("splice", "naive"),
    "none": (),
}
"""The rows of the paper's Table 1, in its order, and the kinds of their pairs."""


def check_kinds(kinds: Iterable[str]) -> frozenset[str]:
    """Return `kinds` as a set; OrthrusError when one is unknown."""
    wanted = frozenset(kinds)
    if unknown := sorted(wanted - CODES.keys()):
        raise OrthrusError(f"kinds: {unknown[0]!r} is unknown; known kinds: {', '.join(KINDS)}")
    return wanted


def own_projections_only(kinds: frozenset[str]) -> bool:
    """Tell whether `kinds` are those of the ortholog-only data set."""
    return kinds == {"ortholog"}
