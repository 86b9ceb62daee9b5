from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sources_helpers import Fault, Handler, Server, entry, files_below, status, text

from orthrus.errors import OrthrusError
from orthrus.sources import biomart
from orthrus.sources.backends import FolderMirror, Servers
from orthrus.sources.biomart import Query, batches, parse
from orthrus.sources.catalogue import load
from orthrus.sources.fetch import Fetcher
from orthrus.sources.transfer import Client

PATH = "www.ensembl.org/biomart/p.tsv.gz"
SERVICE = "biomart/martservice"
QUESTION = "dataset=h_gene&filters=with_paralog&attributes=ensembl_gene_id,paralog"
HEADER = b"Gene stable ID\tParalogue\n"
STAMP = b"[success]\n"
GENES = {"X": 900, "1": 3000, "10": 700, "2": 800, "GL1": 2, "MT": 1}
"""Genes of each chromosome of the mart below: asked for as 1 | 10 2 | GL1 MT X."""

Answer = Callable[[tuple[str, ...]], bytes]


def asked(handler: Handler) -> tuple[ElementTree.Element, tuple[str, ...]]:
    """The dataset element of a question, and its chromosomes."""
    (xml,) = parse_qs(urlsplit(handler.path).query)["query"]
    (dataset,) = ElementTree.fromstring(xml)
    chosen = [f.attrib["value"] for f in dataset.iter("Filter") if "value" in f.attrib]
    return dataset, tuple(chosen[0].split(",")) if chosen else ()


def rows(chromosomes: tuple[str, ...]) -> bytes:
    """The table of some chromosomes: two rows each, the later first."""
    return HEADER + b"".join(f"G{c}.{i}\tP\r{c}\n".encode() for c in chromosomes for i in (2, 1))


def answered(answer: Answer) -> Fault:
    """A mart that answers the first question with its genes and then as told."""

    def fault(handler: Handler) -> None:
        dataset, chromosomes = asked(handler)
        if chromosomes:
            handler.send_body(answer(chromosomes), ranges=False)
            return
        assert [one.attrib["name"] for one in dataset.iter("Attribute")] == [
            *("chromosome_name", "ensembl_gene_id")
        ]
        lines = "".join(f"{name}\tG{i}\n" for name, n in GENES.items() for i in range(n))
        body = f"Chromosome/scaffold name\tGene stable ID\n{lines}[success]\n"
        handler.send_body(body.encode(), ranges=False)

    return fault


WHOLE = answered(lambda chromosomes: rows(chromosomes) + STAMP)
TABLE = rows(()) + b"".join(
    f"G{c}.{i}\tP\r{c}\n".encode() for c in ("1", "10", "2", "GL1", "MT", "X") for i in (1, 2)
)


def fetched(client: Client, server: Server, folder: Path) -> bytes:
    mart = entry(PATH, url=f"{server.url}/{SERVICE}?{QUESTION}")
    Fetcher(folder, Servers(client), {}).fetch(mart)
    return (folder / PATH).read_bytes()


def test_chromosomes_are_asked_for_in_groups_and_joined(
    client: Client, server: Server, tmp_path: Path
) -> None:
    groups = []

    def answer(chromosomes: tuple[str, ...]) -> bytes:
        groups.append(chromosomes)
        return rows(chromosomes) + STAMP

    server.faults[SERVICE] = [answered(answer)] * 4
    packed = fetched(client, server, tmp_path / "out")
    assert gzip.decompress(packed) == TABLE
    assert packed[4:8] == bytes(4)
    assert groups == [("1",), ("10", "2"), ("GL1", "MT", "X")]
    assert files_below(tmp_path / "out")[-1] == PATH


def test_question_in_xml() -> None:
    url = parse(f"https://a.org/{SERVICE}?{QUESTION}").url(["1", "X"])
    assert url.startswith(f"https://a.org/{SERVICE}?query=%3C%3Fxml")
    query = ElementTree.fromstring(parse_qs(urlsplit(url).query)["query"][0])
    assert query.attrib["completionStamp"] == query.attrib["header"] == "1"
    assert [(one.tag, dict(one.attrib)) for one in query.iter()][1:] == [
        ("Dataset", {"name": "h_gene", "interface": "default"}),
        ("Filter", {"name": "with_paralog", "excluded": "0"}),
        ("Filter", {"name": "chromosome_name", "value": "1,X"}),
        ("Attribute", {"name": "ensembl_gene_id"}),
        ("Attribute", {"name": "paralog"}),
    ]


def test_shipped_questions_are_understood() -> None:
    asks = {e.name: e for e in load().entries if biomart.is_query(e.url)}
    assert parse(asks["biomart.human.paralogs"].url) == Query(
        "https://feb2023.archive.ensembl.org/biomart/martservice",
        "hsapiens_gene_ensembl",
        (
            *("ensembl_gene_id", "external_gene_name"),
            *("hsapiens_paralog_ensembl_gene", "hsapiens_paralog_associated_gene_name"),
            *("hsapiens_paralog_perc_id", "hsapiens_paralog_perc_id_r1"),
            *("hsapiens_paralog_orthology_type", "hsapiens_paralog_subtype"),
        ),
        ("with_hsapiens_paralog",),
    )
    for asks_for in asks.values():
        assert parse(asks_for.url).attributes[0] == "ensembl_gene_id"


@pytest.mark.parametrize("question", ["", "dataset=a", "attributes=a", f"{QUESTION}&extra=1"])
def test_bad_questions(question: str) -> None:
    with pytest.raises(OrthrusError, match="a query of BioMart holds dataset, attributes and"):
        parse(f"https://a.org/{SERVICE}?{question}")


@given(st.dictionaries(st.text(min_size=1), st.integers(1, 4000)))
def test_groups_hold_every_chromosome_once(genes: dict[str, int]) -> None:
    groups = batches(genes)
    assert [name for group in groups for name in group] == sorted(genes)
    for group in groups:
        assert len(group) <= biomart.CHROMOSOMES_AT_ONCE
        assert len(group) == 1 or sum(genes[name] for name in group) <= biomart.GENES_AT_ONCE


def test_small_chromosomes_are_not_all_asked_for_at_once() -> None:
    groups = batches({f"scaffold_{number:03}": 1 for number in range(120)})
    assert [len(group) for group in groups] == [50, 50, 20]


@pytest.mark.parametrize(
    "bad",
    [
        lambda chromosomes: rows(chromosomes),
        lambda chromosomes: STAMP,
        lambda chromosomes: rows(chromosomes)[:-1] + STAMP,
        lambda chromosomes: b"<html>\nThe archive is being restarted\n</html>\n",
        lambda chromosomes: (
            rows(chromosomes) + b"Query ERROR: caught BioMart::Exception::Database"
            b": Lost connection to MySQL server\n"
        ),
    ],
)
def test_what_is_not_whole_is_asked_for_again(
    client: Client, server: Server, tmp_path: Path, bad: Answer
) -> None:
    server.faults[SERVICE] = [WHOLE, WHOLE, answered(bad), status(503), WHOLE, WHOLE]
    assert gzip.decompress(fetched(client, server, tmp_path)) == TABLE
    assert not server.faults[SERVICE]


def test_the_next_attempt_asks_only_for_the_rest(
    client: Client, server: Server, tmp_path: Path
) -> None:
    server.faults[SERVICE] = [WHOLE, WHOLE] + [answered(rows)] * 9
    with pytest.raises(OrthrusError, match=r"p.tsv.gz: .* ends without its \[success\] stamp"):
        fetched(client, server, tmp_path)
    assert not (tmp_path / PATH).exists()
    server.faults[SERVICE] = [WHOLE, WHOLE]
    assert gzip.decompress(fetched(client, server, tmp_path)) == TABLE
    assert not server.faults[SERVICE]
    assert files_below(tmp_path / "www.ensembl.org") == ["biomart", "biomart/p.tsv.gz"]


@pytest.mark.parametrize(
    ("first", "message"),
    [
        (
            b"Query ERROR: caught BioMart::Exception::Usage: Filter with_x NOT FOUND\n",
            r"p.tsv.gz: BioMart answers 'Query ERROR: caught.*with_x NOT FOUND'; check dataset",
        ),
        (b"Chromosome/scaffold name\tGene stable ID\n[success]\n", "has no gene that fulfils"),
    ],
)
def test_what_is_refused_is_not_asked_again(
    client: Client, server: Server, tmp_path: Path, first: bytes, message: str
) -> None:
    server.faults[SERVICE] = [text(first)]
    with pytest.raises(OrthrusError, match=message) as error:
        fetched(client, server, tmp_path / "out")
    assert "\n" not in str(error.value)
    assert len(server.seen[SERVICE]) == 1
    assert not list((tmp_path / "out").rglob("*.*"))


def test_another_release_is_refused(client: Client, server: Server, tmp_path: Path) -> None:
    current = f"{server.url.replace('127.0.0.1', 'localhost')}/{PATH}"
    server.faults[SERVICE] = [status(302, Location=current)]
    server.faults[PATH] = [text(HEADER + STAMP)]
    with pytest.raises(OrthrusError, match=r"p.tsv.gz: .*/martservice: .* sends us on to localho"):
        fetched(client, server, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_messages_do_not_spell_out_the_question(
    client: Client, server: Server, tmp_path: Path
) -> None:
    server.faults[SERVICE] = [status(503)] * 9
    with pytest.raises(OrthrusError, match=r"p.tsv.gz: http://[\w.:]+/biomart/martservice: .* 503"):
        fetched(client, server, tmp_path / "out")


def test_answers_with_other_columns(client: Client, server: Server, tmp_path: Path) -> None:
    other = answered(lambda chromosomes: b"Gene\n[success]\n")
    server.faults[SERVICE] = [WHOLE, WHOLE, other, WHOLE]
    with pytest.raises(OrthrusError, match="answers differ in their columns; remove"):
        fetched(client, server, tmp_path)


def test_mirrors_hold_the_table(real_data: Path, tmp_path: Path) -> None:
    mirror = real_data / "mirror"
    for name in ("biomart.human.paralogs", "biomart.human.mouse_orthologs"):
        mart = load().find(name)
        Fetcher(tmp_path, FolderMirror(mirror), {}).fetch(mart)
        assert (tmp_path / mart.path).read_bytes() == (mirror / mart.path).read_bytes()
