from __future__ import annotations

from pathlib import Path

import pytest
from tasks_helpers import OBO, gaf_line, write_lines

from orthrus.errors import OrthrusError
from orthrus.tasks.ontology import read_gaf, read_obo


def test_terms_of_molecular_function(tmp_path: Path) -> None:
    path = tmp_path / "go.obo"
    path.write_text(OBO)
    found = read_obo(path)
    assert found.terms.rows() == [
        ("GO:0003674", "molecular_function"),
        ("GO:0003824", "catalytic activity"),
        ("GO:0140096", "catalytic activity, acting on a protein"),
    ]
    assert found.parents.rows() == [
        ("GO:0003824", "GO:0003674", "is_a"),
        ("GO:0140096", "GO:0003824", "is_a"),
        ("GO:0140096", "GO:0003674", "part_of"),
    ]
    assert found.alternatives.rows() == [("GO:0005554", "GO:0003674")]
    assert found.edges(("is_a",)).height == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gene\tterm\n", "is not OBO"),
        (OBO.replace("id: GO:0003674", "id: GO:0003675"), "has no term GO:0003674"),
    ],
)
def test_another_file_than_the_ontology(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "go.obo"
    path.write_text(text)
    with pytest.raises(OrthrusError, match=message):
        read_obo(path)


def test_annotations(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "goa.gaf",
        ("!gaf-version: 2.2",),
        ("!", "comments may hold tabs"),
        gaf_line("NUDT4B", "GO:0003723"),
        gaf_line("NUDT4B", "GO:0003723"),
        gaf_line("TP53", "GO:0003674", qualifier="NOT|enables"),
        gaf_line("TP53", "GO:0006915", aspect="P"),
        gaf_line("HIV", "GO:0003723", taxon="taxon:11676|taxon:9606"),
        gaf_line("TRAV", "GO:0042605", taxon="taxon:9606|taxon:11676"),
    )
    rows, counts = read_gaf(path, 9606)
    assert rows.rows() == [("NUDT4B", "GO:0003723"), ("TRAV", "GO:0042605")]
    assert counts == {"annotations_denied": 1, "annotations_of_other_species": 1}
    assert read_gaf(path, None)[0]["gene"].to_list() == ["NUDT4B", "HIV", "TRAV"]


@pytest.mark.parametrize(
    ("line", "taxon", "message"),
    [
        (gaf_line("A", "GO:0003723")[:15], 9606, "is not GAF 2: it has 15 columns instead of 17"),
        (gaf_line("A", "GO:0003723"), 10090, "has no molecular function of taxon 10090"),
        (gaf_line("A", "GO:0003723", aspect="C"), None, "has no molecular function of any gene"),
    ],
)
def test_another_file_than_annotations(
    tmp_path: Path, line: tuple[str, ...], taxon: int | None, message: str
) -> None:
    path = write_lines(tmp_path / "goa.gaf", ("!gaf-version: 2.2",), line)
    with pytest.raises(OrthrusError, match=message):
        read_gaf(path, taxon)


def test_a_relationship_without_term_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.obo"
    path.write_text(OBO.replace("part_of GO:0003674 ! molecular_function", "part_of"))
    with pytest.raises(OrthrusError, match="a relationship of GO:0140096 names no term"):
        read_obo(path)
