from __future__ import annotations

import re
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tasks_helpers import transcript, transcript_table

from orthrus.tasks.isoform_choice import choose_isoforms

Row = dict[str, Any]


def one_gene(*changes: Row) -> pl.DataFrame:
    """Transcripts T0, T1, … of one gene, each better than the next where it differs."""
    return transcript_table(
        [transcript(f"T{at}", "G1", **{"length": 20} | change) for at, change in enumerate(changes)]
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"tags": ["appris_principal_5"]}, {"tags": ["appris_alternative_1", "MANE_Select"]}),
        ({"tags": ["appris_principal_1"]}, {"tags": ["appris_principal_2", "MANE_Select"]}),
        ({"tags": ["appris_alternative_2"]}, {"tags": ["MANE_Select"], "cds": (0, 18)}),
        ({"tags": ["MANE_Select"]}, {"cds": (0, 18)}),
        ({"tags": ["RefSeq_Select"]}, {"cds": (0, 18)}),
        ({"tags": ["MANE_Select"]}, {"tags": ["RefSeq_Select"], "cds": (0, 18)}),
        ({"cds": (0, 12)}, {"cds": (5, 14), "length": 90}),
        ({"cds": (0, 12)}, {"cds": (None, None), "length": 90}),
        ({"length": 21}, {"length": 20}),
        ({}, {}),
    ],
)
def test_what_decides(first: Row, second: Row) -> None:
    assert choose_isoforms(one_gene(first, second)).tolist() == [0]
    other = one_gene(second, first)
    assert choose_isoforms(other).tolist() == ([0] if first == second else [1])


def test_appris_overrules_tags() -> None:
    table = one_gene({"tags": ["appris_principal_1"]}, {})
    ranks = pl.DataFrame({"transcript": ["T1"], "rank": [12], "mane": [False]})
    assert choose_isoforms(table, ranks).tolist() == [1]
    listed = pl.DataFrame({"transcript": ["T0", "T1"], "rank": [1, 1], "mane": [False, True]})
    assert choose_isoforms(table, listed).tolist() == [1]


def test_genes_by_id_without_version_or_by_symbol() -> None:
    table = transcript_table(
        [
            transcript("T0", None),
            transcript("T1", "ENSG00000000001.2", "A"),
            transcript("T2", "ENSG00000000001.3", "B", length=10),
            transcript("T3", None, "abc"),
            transcript("T4", None, "ABC"),
        ]
    )
    assert choose_isoforms(table).tolist() == [2, 3]


def slow(table: pl.DataFrame) -> list[int]:
    """Compare all isoforms of every gene, one by one."""
    best: dict[str, tuple[Any, int]] = {}
    for at, row in enumerate(table.iter_rows(named=True)):
        rank = 99
        for tag in row["tags"]:
            if found := re.fullmatch(r"appris_(principal|alternative)_(\d)", tag):
                rank = min(rank, int(found[2]) + 10 * (found[1] == "alternative"))
        cds = (row["mature_cds_end"] or 0) - (row["mature_cds_start"] or 0)
        key = (rank, "MANE_Select" not in row["tags"], -cds, -row["length"], row["transcript_id"])
        gene = row["gene_id"]
        if gene not in best or key < best[gene][0]:
            best[gene] = (key, at)
    return sorted(at for _, at in best.values())


TAGS = ("appris_principal_1", "appris_principal_3", "appris_alternative_2", "MANE_Select", "basic")


@given(
    st.lists(
        st.tuples(
            st.sampled_from("ABC"),
            st.lists(st.sampled_from(TAGS), max_size=3),
            st.integers(0, 3),
            st.integers(12, 15),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_choice_equals_the_oracle(rows: list[tuple[str, list[str], int, int]]) -> None:
    table = transcript_table(
        [
            transcript(f"T{at:02}", gene, tags=tags, cds=(0, 3 * codons), length=length)
            for at, (gene, tags, codons, length) in enumerate(rows)
        ]
    )
    assert choose_isoforms(table).tolist() == slow(table)
