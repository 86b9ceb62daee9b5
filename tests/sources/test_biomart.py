from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from sources_helpers import Server, entry, text

from orthrus.errors import OrthrusError
from orthrus.sources.fetch import Fetcher
from orthrus.sources.origin import Servers
from orthrus.sources.transfer import Client

QUERY = "biomart/martservice"
ANSWER = b"Gene stable ID\tGene name\nENSG01\tA\n"


def fetched(client: Client, server: Server, folder: Path) -> Path:
    asked = entry("www.ensembl.org/biomart/p.tsv.gz", url=f"{server.url}/{QUERY}?query=%3CQ%3E")
    Fetcher(folder, Servers(client), {}).fetch(asked)
    return folder / asked.path


def test_a_stamped_answer_is_packed_without_its_stamp(
    client: Client, server: Server, tmp_path: Path
) -> None:
    server.faults[QUERY] = [text(ANSWER + b"[success]\n")] * 2
    first = fetched(client, server, tmp_path / "one").read_bytes()
    second = fetched(client, server, tmp_path / "two").read_bytes()
    assert gzip.decompress(first) == ANSWER
    assert first == second
    assert first[4:8] == bytes(4)


def test_an_answer_without_stamp_is_asked_again(
    client: Client, server: Server, tmp_path: Path
) -> None:
    server.faults[QUERY] = [text(ANSWER), text(ANSWER + b"[success]\n")]
    assert gzip.decompress(fetched(client, server, tmp_path).read_bytes()) == ANSWER


def test_never_stamped(client: Client, server: Server, tmp_path: Path) -> None:
    server.faults[QUERY] = [text(ANSWER)] * 9
    with pytest.raises(OrthrusError, match=r"p.tsv.gz: .* without its \[success\] stamp"):
        fetched(client, server, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_refused_query_is_not_asked_again(client: Client, server: Server, tmp_path: Path) -> None:
    server.faults[QUERY] = [text(b"Query ERROR: caught BioMart::Exception: no such filter\n")]
    with pytest.raises(
        OrthrusError, match=r"BioMart answers 'Query ERROR: caught.*no such filter'"
    ):
        fetched(client, server, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert len(server.seen[QUERY]) == 1
