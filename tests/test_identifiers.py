"""Identifiers of every provider, as published and as joins compare them."""

from __future__ import annotations

import polars as pl
import pytest

from orthrus.identifiers import PROJECTION, comparable, is_ensembl, published, unversioned


def made(expression: pl.Expr, *texts: str | None) -> list[str | None]:
    frame = pl.DataFrame({"text": pl.Series(texts, dtype=pl.String)})
    return frame.select(expression).to_series().to_list()


@pytest.mark.parametrize(
    ("written", "kept", "compared"),
    [
        ("ENST00000367064.12", "ENST00000367064.12", "ENST00000367064"),
        ("transcript:ENST00000367064.12", "ENST00000367064.12", "ENST00000367064"),
        ("gene:ENSMUSG00000000001", "ENSMUSG00000000001", "ENSMUSG00000000001"),
        ("ENSG00000169627.9_11", "ENSG00000169627.9_11", "ENSG00000169627"),
        ("ENST00000344327.3_2", "ENST00000344327.3_2", "ENST00000344327"),
        ("ENSG00000002586.20_PAR_Y", "ENSG00000002586.20_PAR_Y", "ENSG00000002586_PAR_Y"),
        ("ENSG00000182378.15_7_PAR_Y", "ENSG00000182378.15_7_PAR_Y", "ENSG00000182378_PAR_Y"),
        ("ENSGR0000002586.4", "ENSGR0000002586.4", "ENSGR0000002586"),
        ("MGP_C57BL6NJ_T0012345.1", "MGP_C57BL6NJ_T0012345.1", "MGP_C57BL6NJ_T0012345"),
        ("rna-XM_990001.1", "XM_990001.1", "XM_990001"),
        ("cds-NP_003825.2", "NP_003825.2", "NP_003825"),
        ("exon-NR_046018.2-1", "NR_046018.2-1", "NR_046018-1"),
        ("gene-LOC123", "LOC123", "LOC123"),
        ("Transcript:Y1A1.3.1", "Y1A1.3.1", "Y1A1.3.1"),
        ("Gene:WBGene00000001", "WBGene00000001", "WBGene00000001"),
        ("Pseudogene:Y74C9A.1", "Y74C9A.1", "Y74C9A.1"),
        ("CDS:Y74C9A.2a", "Y74C9A.2a", "Y74C9A.2a"),
        ("transcript:AT1G01010.1", "AT1G01010.1", "AT1G01010.1"),
        ("FBtr0078171", "FBtr0078171", "FBtr0078171"),
        (" ENSG00000000003.15 ", "ENSG00000000003.15", "ENSG00000000003"),
        ("672", "672", "672"),
        ("gene-", "gene-", "gene-"),
        ("genetics", "genetics", "genetics"),
        ("HGNC:1100", "HGNC:1100", "HGNC:1100"),
        (" ", "", None),
        (None, None, None),
    ],
)
def test_every_provider(written: str | None, kept: str | None, compared: str | None) -> None:
    assert made(published(pl.col("text")), written) == [kept]
    assert made(comparable(pl.col("text")), written) == [compared]


def test_versions_of_ensembl_and_refseq_only_are_dropped() -> None:
    names = ("ENSMUST00000123456.7", "NM_001.2", "XR_9.1.1", "Y74C9A.2a.1", "ENSG00000000001", None)
    expected = ["ENSMUST00000123456", "NM_001", "XR_9", "Y74C9A.2a.1", "ENSG00000000001", None]
    assert made(unversioned(pl.col("text")), *names) == expected


def test_identifiers_of_ensembl() -> None:
    names = ("ENSG00000169627.9_11", "gene:ENSMUSG00000000001.1", "TP53", "ENSA", "NM_001.2")
    assert made(is_ensembl(pl.col("text")), *names) == [True, True, False, False, False]


@pytest.mark.parametrize(
    ("name", "transcript", "symbol", "chain"),
    [
        ("ENST00000367064.CD55.8", "ENST00000367064", "CD55", "8"),
        ("ENST00000367064.12.CD55.8", "ENST00000367064.12", "CD55", "8"),
        ("ENST00000568641.AC055839.2.7", "ENST00000568641", "AC055839.2", "7"),
        ("ENST00000568641.3.AC055839.2.7", "ENST00000568641.3", "AC055839.2", "7"),
        ("ENST00000367064.9_11.CD55.8", "ENST00000367064.9_11", "CD55", "8"),
        ("NM_003834.1", "NM_003834", None, "1"),
        ("XM_990001.1.5903", "XM_990001.1", None, "5903"),
        ("XM_990001.1.LOC1.5903", "XM_990001.1", "LOC1", "5903"),
        ("ENSMUST1.1700001C02Rik.-1", "ENSMUST1", "1700001C02Rik", "-1"),
        ("AT1G01010.1.77", "AT1G01010.1", None, "77"),
        ("Y74C9A.2a.1.nlp-40.5", "Y74C9A.2a.1", "nlp-40", "5"),
        ("ENST00000367064", None, None, None),
    ],
)
def test_names_of_projections(
    name: str, transcript: str | None, symbol: str | None, chain: str | None
) -> None:
    parts = {"transcript": transcript, "symbol": symbol, "chain": chain}
    assert made(pl.col("text").str.extract_groups(PROJECTION), name) == [parts]
