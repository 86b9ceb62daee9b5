"""The catalogue of public files: what exists, where it is, and how its content is checked.

A build names a file by

- its name in the catalogue: `ucsc.hg38.genome`, `biomart.human.paralogs`;
- an accession: `ncbi:GCA_902655055.1` is an assembly's genome, the same with `/sequence_report`
  the names of its sequences, with `/genomic.gff` its annotation (`orthrus.sources.assemblies`);
- a URL, or the `host/path` that it has below the resources folder and in every mirror.

The URL of an entry may ask BioMart for a table (`orthrus.sources.biomart`), or mean one file of a
zip archive: `https://host/all.zip#member.tsv` (`orthrus.sources.zip_members`).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from importlib import resources
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote, unquote, urljoin, urlsplit

from orthrus.errors import OrthrusError
from orthrus.sources import assemblies, tsv

CHECKSUM_KINDS = ("md5", "sha256", "md5sums", "unpinned")
_HOST = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_HABITS = {
    r"[^/]+/goldenPath/[^/]+/bigZips/[^/]+": "md5sum.txt",
    r"[^/]+/pub/databases/gencode/.+": "MD5SUMS",
}


@dataclass(frozen=True)
class Entry:
    """One public file.

    Attributes
    ----------
    name
        How people and builds call it, e.g. `ucsc.hg38.genome`.
    version
        Release or accession, as published.
    url, fallback_url
        Where it is; the fallback (may be empty) serves the same bytes.
    path
        `host/path` below the resources folder and in every mirror.
    checksum_kind, checksum
        `md5` or `sha256` with the digest, `md5sums` with the name of the checksum file that lies
        in the same folder, or `unpinned` with nothing.
    licence, used_by
        Terms of use, and the stage that reads it.
    megabytes
        Roughly how large it is, an estimate for planning; 0 when unknown.
    note
        What is uncertain about it, or useful to know.
    """

    name: str
    version: str
    url: str
    fallback_url: str
    path: str
    checksum_kind: str
    checksum: str
    licence: str
    used_by: str
    megabytes: int = 0
    note: str = ""

    def sibling(self, name: str) -> Entry:
        """Return the file `name` of the same folder, unpinned."""
        return replace(
            self,
            name=name,
            url=urljoin(self.url, name),
            fallback_url=self.fallback_url and urljoin(self.fallback_url, name),
            path=str(PurePosixPath(self.path).with_name(name)),
            checksum_kind="unpinned",
            checksum="",
        )


COLUMNS = tuple(field.name for field in fields(Entry))


class Catalogue:
    """Entries, found by name, path or URL."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = list(entries)
        self._known: dict[str, Entry] = {}
        for entry in self.entries:
            if entry.name in self._known:
                raise OrthrusError(f"catalogue: {entry.name!r} is listed twice; rename one of them")
            self._known |= {entry.name: entry, entry.path: entry, entry.url: entry}

    def find(self, item: str) -> Entry:
        """Return the entry that `item` names.

        Parameters
        ----------
        item
            A name, a `host/path` or a URL. The latter two need not be catalogued.

        Raises
        ------
        OrthrusError
            `item` is none of these; the message names the nearest entry.
        """
        if item in self._known:
            return self._known[item]
        if assembly := assemblies.find(item):
            return _bare(assembly.path, assembly.url)
        if _is_location(item):
            path = _path_of(item, item) if "://" in item else item
            return self._known.get(path) or adhoc(item)
        names = [entry.name for entry in self.entries]
        near = difflib.get_close_matches(item, names, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "see `orthrus sources list`"
        raise OrthrusError(f"{item}: not in the catalogue, nor a URL or host/path; {hint}")


def load(extra: Iterable[Path] = ()) -> Catalogue:
    """Read the package's catalogue and then the TSV files in `extra`."""
    folder = resources.files("orthrus.sources") / "catalogue"
    with resources.as_file(folder) as shipped:
        tables = [*sorted(shipped.glob("*.tsv")), *extra]
        return Catalogue(entry for table in tables for entry in read_entries(table))


def read_entries(table: Path) -> Iterator[Entry]:
    """Yield the entries of one catalogue TSV.

    Raises
    ------
    OrthrusError
        A column is missing or unknown, or a row is malformed; names the file and line.
    """
    for where, row in tsv.read_rows(table, COLUMNS, "a catalogue"):
        if len(row) > len(COLUMNS):
            raise OrthrusError(f"{table}: the columns must be {', '.join(COLUMNS)} and no others")
        yield _entry(row, where)


def adhoc(location: str) -> Entry:
    """Return an entry for a URL or `host/path`, its checksum after the habit of the host."""
    url = location if "://" in location else f"https://{quote(location)}"
    return _bare(_path_of(url, location), url)


def _bare(path: str, url: str) -> Entry:
    kind, checksum = _habit(path)
    return Entry(path, "", url, "", path, kind, checksum, "", "")


def _habit(path: str) -> tuple[str, str]:
    for pattern, checksums in _HABITS.items():
        if re.fullmatch(pattern, path) and not path.endswith(f"/{checksums}"):
            return "md5sums", checksums
    return "unpinned", ""


def _entry(row: dict[str, str], where: str) -> Entry:
    for column in ("name", "url"):
        if not row[column]:
            raise OrthrusError(f"{where}: {column} is empty")
    kind, checksum = row["checksum_kind"], row["checksum"]
    if kind not in CHECKSUM_KINDS:
        raise OrthrusError(f"{where}: checksum_kind {kind!r} is not {', '.join(CHECKSUM_KINDS)}")
    if (kind == "unpinned") != (not checksum):
        raise OrthrusError(
            f"{where}: checksum_kind {kind} is incompatible with checksum {checksum!r}"
        )
    if not re.fullmatch(r"\d*", size := row["megabytes"]):
        raise OrthrusError(f"{where}: megabytes {size!r} is not a whole number")
    path = row["path"] or _path_of(row["url"], where)
    _check_path(path, where)
    values: dict[str, Any] = row | {"path": path, "megabytes": int(size or 0)}
    return Entry(**values)


def _is_location(item: str) -> bool:
    return "://" in item or ("/" in item and bool(_HOST.fullmatch(item.split("/")[0])))


def _path_of(url: str, where: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise OrthrusError(f"{where}: the URL is no address: {error}") from None
    if parts.scheme != "https":
        raise OrthrusError(f"{where}: the URL must start with https://")
    if parts.query or parts.fragment:
        raise OrthrusError(
            f"{where}: a URL with a query or a fragment needs a catalogue entry with a path"
        )
    path = f"{parts.netloc}{unquote(parts.path)}"
    _check_path(path, where)
    return path


def _check_path(path: str, where: str) -> None:
    """Refuse what would leave the resources folder or name no file."""
    parts = path.split("/")
    if len(parts) < 2 or any(part in ("", ".", "..") for part in parts):
        raise OrthrusError(f"{where}: {path!r} is not a file's host/path")
