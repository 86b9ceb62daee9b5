from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orthrus.errors import OrthrusError
from orthrus.sources.toga_overview import HEADER, Row, parse

OVERVIEW = "mirror/genome.senckenberg.de/download/TOGA/human_hg38_reference/overview.table.tsv"


def table(*rows: tuple[str, ...], header: tuple[str, ...] = HEADER) -> str:
    return "\n".join("\t".join(row) for row in (header, *rows)) + "\n"


def row(assembly: str, source: str) -> Row:
    return Row("Aus bus", "bus", 1, ("Mammalia", "Eutheria"), assembly, source)


def test_real_overview(real_data: Path) -> None:
    rows = parse((real_data / OVERVIEW).read_text(), "overview")
    assert [row.assembly for row in rows] == [
        *("mm10", "canFam3", "bosTau8", "rheMac3", "rn6", "galGal4", "monDom5")
    ]
    assert rows[1].species == "Canis lupus familiaris"
    assert rows[1].common_name == "dog"
    assert rows[1].taxon_id == 9615
    assert rows[1].lineage[:3] == ("Mammalia", "Theria", "Eutheria")
    assert [row.assembly for row in rows if not row.eutherian] == ["galGal4", "monDom5"]


@pytest.mark.parametrize(
    ("assembly", "source", "genome"),
    [
        ("HLpanTig3", "GCF_000464555.1", "ncbi:GCF_000464555.1"),
        ("HLlutLut2", "GCA_902655055.1", "ncbi:GCA_902655055.1"),
        (
            "HLequQua1",
            "DNA Zoo Consortium",
            "https://genome.senckenberg.de/download/TOGA/MammalianDNAZooAssemblies/HLequQua1.2bit",
        ),
        (
            "canFam3",
            "GCA_000002285.2",
            "https://hgdownload.soe.ucsc.edu/goldenPath/canFam3/bigZips/canFam3.fa.gz",
        ),
        (
            "HLursAme1",
            "https://www.dnazoo.org/assemblies/Ursus_americanus",
            "https://genome.senckenberg.de/download/TOGA/MammalianDNAZooAssemblies/HLursAme1.2bit",
        ),
        ("HLx1", "https://x.org/x.fa.gz", "https://x.org/x.fa.gz"),
        ("HLx1", "https://x.org/assembly.html", ""),
        ("HLx1", "GCA_902655055", ""),
        ("HLx1", "by courtesy", ""),
    ],
)
def test_genome(assembly: str, source: str, genome: str) -> None:
    assert row(assembly, source).genome == genome


def test_sequences_of_ncbi_have_other_names() -> None:
    assert row("HLlutLut2", "GCA_902655055.1").aliases == "ncbi:GCA_902655055.1/sequence_report"
    assert row("canFam3", "GCA_000002285.2").aliases == ""
    assert row("HLequQua1", "DNA Zoo Consortium").aliases == ""


@pytest.mark.parametrize("lineage", ["Mammalia;Eutheria", "Mammalia, Eutheria", "Eutheria"])
def test_lineages(lineage: str) -> None:
    (only,) = parse(table(("A b", "b", "1", lineage, "HLa", "G")), "overview")
    assert only.eutherian


@given(st.text() | st.lists(st.text(), max_size=8).map("\t".join), st.sampled_from(["\n", "\r\n"]))
def test_any_text_is_read_or_refused(odd: str, end: str) -> None:
    good = "A b\tb\t1\tEutheria\tHLa\tGCA_902655055.1"
    whole = end.join(["\t".join(HEADER), good, odd]) + end
    try:
        rows = parse(whole, "overview")
    except OrthrusError:
        return
    assert rows[0] == Row("A b", "b", 1, ("Eutheria",), "HLa", "GCA_902655055.1")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<html>", "overview: is not an overview table: it lacks the column 'Species'"),
        (table(header=HEADER[:-1]), "lacks the column 'NCBI accession / source'"),
        (table(("A b", "b", "x", "M", "HLa", "G")), "line 2: Species Taxonomy ID 'x' is not"),
        (table(("A b", "b", "1", "M", "../a", "G")), "line 2: .*assembly name '../a' is not one"),
        (table(("A b", "b", "²", "M", "HLa", "G")), "line 2: Species Taxonomy ID '²' is not"),
        (table(("A b", "b", "1")), "line 2: .*assembly name '' is not one"),
        (
            table(*[("A b", "b", "1", "M", "HLa", "G")] * 2),
            "line 3: assembly 'HLa' is listed twice",
        ),
    ],
)
def test_bad_tables(text: str, message: str) -> None:
    with pytest.raises(OrthrusError, match=message):
        parse(text, "overview")
