"""Stop codons that a gene table leaves out of its CDSs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from custom_helpers import bed12, encode_text, genepred, gff3
from genes_helpers import gene, genepred_ext, genes, gtf, without_stop
from transcripts_helpers import Transcript

Write = Callable[[list[Transcript]], str]
TOLD = "CDSs ended just before a stop codon, which they now include"


@pytest.mark.parametrize("write", [gtf, gff3, genepred_ext, bed12, genepred])
# Of 40 + 297 + 3 bases: the stop codon in the last exon but one, cut by a junction after one or two
# bases, behind it.
@pytest.mark.parametrize("exons", [(140, 202, 50), (238, 101, 60), (238, 100, 60), (238, 99, 60)])
def test_a_table_without_stop_codons_reads_as_one_with_them(
    tmp_path: Path, write: Write, exons: tuple[int, ...]
) -> None:
    rows, genome = genes(4, exons=exons)
    early, lines = encode_text(tmp_path, write([without_stop(row) for row in rows]), genome)
    assert any(f"4 {TOLD}" in line and "stop_codon=as_annotated" in line for line in lines)
    assert early.attributes["plausibility"]["stop_codons_added"] == 4
    assert early.attributes["plausibility"]["stop_codons"] == 4
    whole, lines = encode_text(tmp_path, write(rows), genome)
    assert not any(TOLD in line for line in lines)
    assert np.array_equal(early.codes(), whole.codes())
    marks = ("cds_start_stat", "cds_end_stat")
    assert early.table.drop(marks).equals(whole.table.drop(marks))
    ends = [
        row["cds_end_stat" if row["strand"] == "+" else "cds_start_stat"]
        for row in early.table.iter_rows(named=True)
    ]
    assert ends == ["cmpl"] * 4


def test_the_stop_codon_may_be_the_last_of_the_transcript(tmp_path: Path) -> None:
    rows, genome = genes(2, exons=(140, 200), utr3="")
    early, _ = encode_text(tmp_path, gtf([without_stop(row) for row in rows]), genome)
    assert early.table["mature_cds_end"].to_list() == early.table["length"].to_list()
    assert early.table["has_utr"].to_list() == [True, True]


def test_as_annotated_leaves_every_cds(tmp_path: Path) -> None:
    rows, genome = genes(4)
    text = gtf([without_stop(row) for row in rows])
    store, lines = encode_text(tmp_path, text, genome, "transcripts.stop_codon=as_annotated")
    assert not any(TOLD in line for line in lines)
    assert store.attributes["plausibility"]["stop_codons"] == 0


@pytest.mark.parametrize(("early", "extended"), [(1, 0), (5, 0), (8, 0), (9, 9), (10, 10)])
def test_auto_extends_where_the_whole_table_does_so(
    tmp_path: Path, early: int, extended: int
) -> None:
    rows, genome = genes(10)
    text = gtf([without_stop(row) if i < early else row for i, row in enumerate(rows)])
    store, _ = encode_text(tmp_path, text, genome)
    assert store.attributes["plausibility"]["stop_codons_added"] == extended
    store, _ = encode_text(tmp_path, text, genome, "transcripts.stop_codon=extend")
    assert store.attributes["plausibility"]["stop_codons_added"] == early
    assert store.attributes["plausibility"]["stop_codons"] == 10


def test_a_cds_that_ends_within_a_codon_or_before_no_stop_stays(tmp_path: Path) -> None:
    rows, genome = genes(9)
    late, text = gene("cut", codons="ATGACTAAC", units=33, stop="")
    within = replace(without_stop(rows[0]), cds=(rows[0].cds[0], rows[0].cds[1] - 4))
    genome["cut"] = text
    store, _ = encode_text(
        tmp_path,
        genepred([within, late, *map(without_stop, rows[1:])]),
        genome,
        "transcripts.stop_codon=extend",
    )
    table = {row["transcript_id"]: row for row in store.table.iter_rows(named=True)}
    assert (table["t0"]["cds_start"], table["t0"]["cds_end"]) == within.cds
    assert (table["cut"]["cds_start"], table["cut"]["cds_end"]) == late.cds
    assert store.attributes["plausibility"]["stop_codons_added"] == 8


def test_a_transcript_that_ends_with_its_cds_stays(tmp_path: Path) -> None:
    rows, genome = genes(2, exons=(140, 197), utr3="", stop="")
    store, _ = encode_text(tmp_path, gtf(rows), genome, "transcripts.stop_codon=extend")
    assert store.attributes["plausibility"]["stop_codons_added"] == 0
