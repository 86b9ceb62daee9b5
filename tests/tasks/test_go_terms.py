from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orthrus.config.tasks import FunctionSettings
from orthrus.errors import OrthrusError
from orthrus.tasks.go_terms import ancestors, label, level
from orthrus.tasks.ontology import ROOT, Ontology

Edge = tuple[str, str, str]

#     root
#    /    \
#   a      b
#   |    / |
#   c   d  |      c - d is part_of
#    \ /   |
#     e    |      e is 3 below the root by c and d,
#      \  /       f is 2 below it by b and 4 below it by e
#       f
EDGES: list[Edge] = [
    ("a", ROOT, "is_a"), ("b", ROOT, "is_a"), ("c", "a", "is_a"), ("d", "b", "is_a"),
    ("c", "d", "part_of"), ("e", "c", "is_a"), ("e", "d", "is_a"), ("f", "e", "is_a"),
    ("f", "b", "is_a"), ("g", "e", "is_a"),
]  # fmt: skip


def ontology(edges: list[Edge]) -> Ontology:
    terms = sorted({ROOT, *(term for term, *_ in edges), *(parent for _, parent, _ in edges)})
    named = {"term": terms, "name": [f"name of {term}" for term in terms]}
    parents = pl.DataFrame(
        edges, schema=dict.fromkeys(("term", "parent", "relation"), pl.String), orient="row"
    )
    return Ontology(pl.DataFrame(named), parents, pl.DataFrame({"term": ["old"], "main": ["e"]}))


def labelled(annotations: list[tuple[str, str]], **settings: Any) -> dict[str, set[str]]:
    frame = pl.DataFrame(annotations, schema=["gene", "term"], orient="row")
    made = label(ontology(EDGES), frame, FunctionSettings(**{"propagate": True} | settings))
    return {
        gene: {name[0] for name, on in zip(made.names, row, strict=True) if on}
        for gene, row in zip(made.genes["gene_name"], made.targets, strict=True)
    }


def test_annotations_count_for_all_ancestors() -> None:
    found = labelled([("G1", "g"), ("G2", "a"), ("G3", "f"), ("G4", "old")], level=2)
    assert found == {"G1": {"c", "d"}, "G3": {"c", "d", "f"}, "G4": {"c", "d"}}


def test_annotations_count_for_their_term_alone() -> None:
    annotations = [("G1", "g"), ("G2", "c"), ("G3", "f"), ("G4", "d"), ("G4", "b")]
    found = labelled(annotations, level=2, propagate=False)
    assert found == {"G2": {"c"}, "G3": {"f"}, "G4": {"d"}}


def test_level_by_the_shortest_path_or_by_any() -> None:
    edges = ontology(EDGES).edges(("is_a",))
    assert level(edges, 3, "shortest").to_list() == ["e"]
    assert level(edges, 4, "shortest").to_list() == ["g"]
    assert level(edges, 4, "any").to_list() == ["f", "g"]
    assert level(edges, 2, "any").to_list() == ["c", "d", "f"]


def test_part_of_leads_to_the_root_where_asked_for() -> None:
    both = ["is_a", "part_of"]
    assert labelled([("G1", "c")], level=1) == {"G1": {"a"}}
    assert labelled([("G1", "c")], level=1, relations=both) == {"G1": {"a", "b"}}


def test_commonest_terms_and_their_names() -> None:
    frame = pl.DataFrame(
        [("1", "c"), ("2", "d"), ("3", "e")], schema=["gene", "term"], orient="row"
    )
    made = label(ontology(EDGES), frame, FunctionSettings(level=1, top=1, propagate=True))
    assert made.names == ("a name of a",)  # two genes each: the smaller name
    assert made.dropped == {"no_label": 1}


def test_nothing_at_this_level() -> None:
    with pytest.raises(OrthrusError, match="no gene has a molecular function 9 steps below"):
        labelled([("G1", "g")], level=9)


@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(0, 8)), max_size=25, unique=True),
    st.integers(1, 4),
)
def test_levels_and_ancestors_equal_the_oracle(pairs: list[tuple[int, int]], steps: int) -> None:
    edges = [
        (f"t{a}", f"t{b}" if b else ROOT, "is_a") for a, b in pairs if b < a
    ]  # a term's parents have smaller numbers: no circle
    frame = ontology(edges).edges(("is_a",))
    parents: dict[str, set[str]] = {}
    for term, parent, _ in edges:
        parents.setdefault(term, set()).add(parent)

    def paths(term: str) -> set[int]:
        if term == ROOT:
            return {0}
        return {1 + size for parent in parents.get(term, ()) for size in paths(parent)}

    def above(term: str) -> set[str]:
        return {term}.union(*(above(parent) for parent in parents.get(term, ())))

    sizes = {term: paths(term) for term in parents}
    anywhere = sorted(term for term, found in sizes.items() if steps in found)
    nearest = sorted(term for term, found in sizes.items() if found and min(found) == steps)
    assert level(frame, steps, "any").to_list() == anywhere
    assert level(frame, steps, "shortest").to_list() == nearest
    terms = pl.Series(sorted(parents), dtype=pl.String)
    expected = sorted((term, other) for term in terms for other in above(term))
    assert ancestors(terms, frame).rows() == expected


def test_targets_are_zero_and_one() -> None:
    frame = pl.DataFrame(
        [("1", "g"), ("1", "g"), ("2", "a")], schema=["gene", "term"], orient="row"
    )
    made = label(ontology(EDGES), frame, FunctionSettings(level=1, propagate=True))
    np.testing.assert_array_equal(made.targets, [[1, 1], [1, 0]])
