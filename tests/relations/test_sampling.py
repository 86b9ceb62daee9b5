"""Drawing partners: seeded, independent of batches, and exactly uniform."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import relations_oracle as oracle
from hypothesis import given, settings
from relations_helpers import CLADE, as_tables, relations_of, transcript
from scipy.stats import chisquare

from orthrus.config.relations import GroupSettings
from orthrus.errors import OrthrusError
from orthrus.relations import sampling
from orthrus.relations.build import tabulate
from orthrus.relations.index import Relations
from orthrus.relations.pair_kinds import CODES, KINDS
from orthrus.relations.sampling import sample_partner
from orthrus.relations.store_tables import SetTable
from orthrus.schemas import TRANSCRIPTS
from orthrus.strings import format_expr

LENGTHS = (100, 200, 3000, 5000, 13000)
GENE = [
    *(transcript("hg38.a", f"h{n}", gene_name="A", length=n) for n in LENGTHS),
    *(transcript("mm10.a", f"m{n}", gene_name="a", length=n) for n in LENGTHS),
    *(
        transcript(f"{query}.toga_hg38", f"{query}{n}", reference_transcript="h100", length=n)
        for query in ("canFam4", "bosTau9")
        for n in LENGTHS
    ),
    transcript("hg38.a2", "lonely", gene_name="B"),
]
"""One gene in two species, every length class in every part; and a gene with one transcript."""


COPIES = 5000


@pytest.fixture(scope="module")
def copies() -> Relations:
    """Return many copies of the gene, so that one call draws many times."""
    sets: list[SetTable] = []
    for table in as_tables(GENE):
        frame = pl.concat([table.read(list(TRANSCRIPTS.columns))] * COPIES)
        copy = pl.int_range(pl.len()) // (table.end - table.start)
        numbered = [
            format_expr("{} {}", name, copy).alias(name)
            for name in ("transcript_id", "gene_name", "reference_transcript")
        ]
        start = sets[-1].end if sets else 0
        read = frame.with_columns(numbered).select
        sets.append(replace(table, start=start, end=start + len(frame), read=read))
    return Relations(Path("here"), tabulate(sets, GroupSettings()))


def in_copy(row: int) -> np.ndarray:
    """Return the rows of a transcript of the gene in all copies."""
    table = next(table for table in as_tables(GENE) if row < table.end)
    step = table.end - table.start
    return table.start * COPIES + row - table.start + np.arange(COPIES) * step


@pytest.mark.parametrize("probability", [0.0, 0.5, 0.8, 1.0])
@pytest.mark.parametrize(
    "kinds", [KINDS, ("splice",), ("naive",), ("splice", "naive"), ("ortholog",)]
)
@pytest.mark.parametrize("base", [0, 3, 4])
def test_uniform_over_eligible_partners(
    copies: Relations, base: int, kinds: tuple[str, ...], probability: float
) -> None:
    partners = {
        (CODES[kind], row)
        for kind, row in oracle.pairs(GENE, kinds)[base]
        if oracle.eligible(GENE[base], GENE[row])
    }
    orthologs = {pair for pair in partners if pair[0] == CODES["ortholog"]}
    others = partners - orthologs
    share = 1.0 if not others else 0.0 if not orthologs else probability
    chances = {pair: share / len(orthologs) for pair in orthologs}
    chances |= {pair: (1 - share) / len(others) for pair in others}
    possible = [pair for pair, chance in chances.items() if chance] or [(0, base)]

    rows, codes = sample_partner(
        in_copy(base), copies, seed=1, epoch=2, kinds=kinds, ortholog_probability=probability
    )
    of_copies = np.stack([in_copy(row) for row in range(len(GENE))])
    drawn_row = (of_copies == rows).argmax(axis=0)
    assert (np.take_along_axis(of_copies, drawn_row[None], axis=0) == rows).all()
    drawn = Counter(zip(codes.tolist(), drawn_row.tolist(), strict=True))
    assert set(drawn) == set(possible)
    if len(possible) > 1:
        expected = [COPIES * chances[pair] for pair in possible]
        assert chisquare([drawn[pair] for pair in possible], expected).pvalue > 1e-3


def test_uniform_over_the_rows_of_one_epoch() -> None:
    world = [transcript("hg38.a", str(n), gene_name=f"gene {n // 4}") for n in range(8_000)]
    rows = np.arange(len(world))
    partners, codes = sample_partner(rows, relations_of(world), seed=5, epoch=0)
    assert (partners // 4 == rows // 4).all()
    assert (codes == CODES["splice"]).all()
    steps = np.bincount((partners - rows) % 4, minlength=4)
    assert steps[0] == 0
    assert chisquare(steps[1:]).pvalue > 1e-3


@settings(deadline=None, max_examples=40)  # the first call compiles
@given(oracle.worlds())
def test_draws_are_pairs_of_the_oracle(world: list[dict[str, Any]]) -> None:
    relations = relations_of(world)
    rows = np.arange(len(world))
    for kinds in (KINDS, ("splice", "naive"), ("ortholog",), ("splice",), ()):
        expected = oracle.pairs(world, kinds)
        for epoch in range(3):
            partners, codes = sample_partner(rows, relations, seed=0, epoch=epoch, kinds=kinds)
            for base, partner, code in zip(
                rows.tolist(), partners.tolist(), codes.tolist(), strict=True
            ):
                possible = {
                    (CODES[kind], row)
                    for kind, row in expected.get(base, ())
                    if oracle.eligible(world[base], world[row])
                }
                assert (code, partner) in (possible or {(0, base)})


def test_the_same_for_any_batch_order_and_number_of_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    relations = relations_of(GENE)
    rows = np.arange(len(GENE)).repeat(3)
    whole = sample_partner(rows, relations, seed=3, epoch=4)
    for order in (slice(None, None, -1), slice(5, 9), np.array([7, 2, 2])):
        part = sample_partner(rows[order], relations, seed=3, epoch=4)
        assert np.array_equal(part[0], whole[0][order])
        assert np.array_equal(part[1], whole[1][order])
    assert (whole[0].dtype, whole[1].dtype) == (np.int64, np.int8)
    monkeypatch.setattr(sampling, "PART", 4)
    parts = sample_partner(rows, relations, seed=3, epoch=4)
    assert np.array_equal(parts, whole)


def test_seeds_and_epochs_differ() -> None:
    relations = relations_of(GENE)
    rows = np.zeros(1, dtype=np.int64)
    draws = [
        sample_partner(rows, relations, seed=seed, epoch=epoch)[0].item()
        for seed in range(8)
        for epoch in range(8)
    ]
    assert len(set(draws)) > 5


def test_frozen_draws() -> None:
    partners, codes = sample_partner(np.arange(5), relations_of(GENE), seed=42, epoch=0)
    assert partners.tolist() == [2, 11, 16, 11, 4]
    assert codes.tolist() == [1, 3, 3, 3, 0]


def test_an_empty_batch() -> None:
    partners, codes = sample_partner(
        np.empty(0, dtype=np.int64), relations_of(CLADE), seed=0, epoch=0
    )
    assert len(partners) == len(codes) == 0


def test_a_corpus_without_eligible_transcripts() -> None:
    relations = relations_of([transcript("hg38.a", "t", length=20_000)])
    partners, codes = sample_partner(np.zeros(2, dtype=np.int64), relations, seed=0, epoch=0)
    assert (partners.tolist(), codes.tolist()) == ([0, 0], [0, 0])


def test_an_unknown_kind() -> None:
    with pytest.raises(
        OrthrusError, match="'toga' is unknown; known kinds: splice, naive, ortholog"
    ):
        sample_partner(np.zeros(1, np.int64), relations_of(CLADE), seed=0, epoch=0, kinds=["toga"])
