"""Tables of Ensembl BioMart, asked for chromosome by chromosome.

An entry's URL states the query in short:

    https://<host>/biomart/martservice?dataset=…&filters=…&attributes=…,…

(`filters` are those that rows have to fulfil; none when it is left out). BioMart takes it as XML.
It breaks off answers that take long, and may say so with status 200: an answer is whole when it
ends with the stamp that was asked for. The host is that of a release's archive; when archives
expire, they may lead to the current release, which is refused.
"""

from __future__ import annotations

import gzip
import hashlib
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qs, quote
from xml.sax.saxutils import quoteattr

from orthrus.errors import OrthrusError
from orthrus.files import atomic_file
from orthrus.sources.http_errors import BrokenTransferError
from orthrus.sources.part_files import PartFile, partial
from orthrus.sources.resumed_downloads import Watch
from orthrus.sources.transfer import Client

STAMP = b"[success]\n"
CHROMOSOME, GENE = "chromosome_name", "ensembl_gene_id"
GENES_AT_ONCE, CHROMOSOMES_AT_ONCE = 1500, 50
"""How much is asked for at a time; a chromosome with more genes is asked for alone."""
_FAULT = b"Query ERROR"
_PASSING = b"BioMart::Exception::Database"
_ENDS = 4096


@dataclass(frozen=True)
class Query:
    """What is asked of the service at an address: a dataset's attributes of filtered rows."""

    service: str
    dataset: str
    attributes: tuple[str, ...]
    filters: tuple[str, ...] = ()

    def url(self, chromosomes: Iterable[str] = ()) -> str:
        """Return the URL of the question, about some chromosomes or all."""
        filters = "".join(f'<Filter name="{name}" excluded="0"/>' for name in self.filters)
        if chosen := ",".join(chromosomes):
            filters += f'<Filter name="{CHROMOSOME}" value={quoteattr(chosen)}/>'
        attributes = "".join(f'<Attribute name="{name}"/>' for name in self.attributes)
        xml = (
            '<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE Query>'
            '<Query virtualSchemaName="default" formatter="TSV" header="1" uniqueRows="1" count=""'
            ' datasetConfigVersion="0.6" completionStamp="1">'
            f'<Dataset name="{self.dataset}" interface="default">{filters}{attributes}</Dataset>'
            "</Query>"
        )
        return f"{self.service}?query={quote(xml)}"


def is_query(url: str) -> bool:
    """Tell whether a URL asks BioMart a question."""
    return "/martservice?" in url


def parse(url: str) -> Query:
    """Read a question stated in short.

    Raises
    ------
    OrthrusError
        It names no dataset or no attribute, or holds something else.
    """
    service, _, question = url.partition("?")
    parts = {name: ",".join(values) for name, values in parse_qs(question).items()}
    filters = parts.pop("filters", "")
    if parts.keys() != {"dataset", "attributes"}:
        raise OrthrusError(f"{url}: a query of BioMart holds dataset, attributes and filters")
    attributes = tuple(parts["attributes"].split(","))
    return Query(service, parts["dataset"], attributes, tuple(filter(None, filters.split(","))))


def fetch(client: Client, url: str, part: PartFile, watch: Watch) -> None:
    """Complete a partial file: the gzip of a table, sorted within groups of chromosomes.

    Answers lie in a folder beside the partial file until all are there, so that the next attempt
    asks only for the others.

    Raises
    ------
    OrthrusError
        BioMart refuses the query, every attempt broke, or answers do not fit together.
    """
    query = parse(url)
    pieces = _Pieces(client, part.path.with_name(f"{part.path.name}.pieces"), watch)
    index = pieces.get(replace(query, attributes=(CHROMOSOME, GENE)).url())
    _, *rows = _lines(index)
    groups = batches(Counter(row.decode(errors="replace").partition("\t")[0] for row in rows))
    if not groups:
        shutil.rmtree(pieces.folder)
        raise OrthrusError(f"{url}: BioMart has no gene that fulfils this; check the filters")
    _join([pieces.get(query.url(group)) for group in groups], part)
    shutil.rmtree(pieces.folder)


def batches(genes: Mapping[str, int]) -> list[tuple[str, ...]]:
    """Group chromosomes, in the order of their names, given how many genes each has."""
    groups: list[tuple[str, ...]] = []
    room = 0
    for name in sorted(genes):
        if genes[name] > room or len(groups[-1]) == CHROMOSOMES_AT_ONCE:
            groups.append(())
            room = GENES_AT_ONCE
        groups[-1] += (name,)
        room -= genes[name]
    return groups


class _Pieces:
    """Answers of BioMart in a folder, each named by the digest of its question."""

    def __init__(self, client: Client, folder: Path, watch: Watch) -> None:
        self.folder = folder
        self._client = client
        self._watch = watch
        self._done = 0

    def get(self, url: str) -> Path:
        """Return the checked answer to a question, asked for unless it is there."""
        target = self.folder / hashlib.sha256(url.encode()).hexdigest()[:16]
        if not target.exists():
            try:
                self._fetch(url, target)
            except OrthrusError as error:
                short = f"{_table(self.folder)}: {url.partition('?')[0]}"
                raise OrthrusError(str(error).replace(url, short)) from None
        self._done += target.stat().st_size
        return target

    def _fetch(self, url: str, target: Path) -> None:
        def watch(size: int, _: int | None) -> None:
            self._watch(self._done + size, None)

        with partial(target) as piece:
            self._client.download(url, piece, check, watch, stay=True)
            piece.disown()
            piece.publish(target)


def check(piece: PartFile) -> None:
    """Make sure that an answer is a table and is complete.

    Raises
    ------
    BrokenTransferError
        BioMart gave up midway, cannot reach its database, or answers with a web page.
    OrthrusError
        BioMart refuses the query.
    """
    with open(piece.path, "rb") as handle:
        head = handle.read(_ENDS)
        handle.seek(max(0, piece.size - _ENDS))
        tail = handle.read()
    fault = next((_fault(text) for text in (head, tail) if _FAULT in text), None)
    if fault is None and b"\n" in head.removesuffix(STAMP) and tail.endswith(b"\n" + STAMP):
        return
    where = _table(piece.path.parent)
    piece.restart()
    if fault is None:
        page = head.lstrip().startswith(b"<")
        what = "is a web page" if page else "ends without its [success] stamp"
        raise BrokenTransferError(f"{where}: BioMart's answer {what}; try again later")
    message = f"{where}: BioMart answers {fault.decode(errors='replace')!r}"
    if _PASSING in fault:
        raise BrokenTransferError(f"{message}; try again later")
    raise OrthrusError(f"{message}; check dataset, filters and attributes in the catalogue")


def _fault(text: bytes) -> bytes:
    return text[text.index(_FAULT) :].splitlines()[0]


def _table(folder: Path) -> str:
    """Return the name of the table whose pieces lie in a folder."""
    return folder.name.removesuffix(".part.pieces")


def _lines(answer: Path) -> list[bytes]:
    """Return the lines of an answer, header first, without their ends and without the stamp."""
    return answer.read_bytes().removesuffix(b"\n" + STAMP).split(b"\n")


def _join(answers: list[Path], part: PartFile) -> None:
    """Write answers as one gzip with one header, the same whatever order the rows came in."""
    expected = _lines(answers[0])[0]
    with (
        atomic_file(part.path) as scratch,
        open(scratch, "wb") as raw,
        gzip.GzipFile("", "wb", 6, fileobj=raw, mtime=0) as packed,
    ):
        packed.write(expected + b"\n")
        for answer in answers:
            header, *rows = _lines(answer)
            if header != expected:
                raise OrthrusError(
                    f"{answer}: BioMart's answers differ in their columns; remove {answer.parent}"
                    " and try again"
                )
            packed.writelines(row + b"\n" for row in sorted(rows))
