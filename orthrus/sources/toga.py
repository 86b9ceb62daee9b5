"""TOGA: from the overview of a reference to the addresses of every query's files."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from orthrus.config.sources import SourcesSettings
from orthrus.errors import OrthrusError
from orthrus.files import atomic_file
from orthrus.log import say, track
from orthrus.sources import checksums, toga_overview
from orthrus.sources.backends import Origin
from orthrus.sources.catalogue import adhoc
from orthrus.sources.stoppable_pool import StoppablePool

ROOT = "genome.senckenberg.de/download/TOGA"
LOSS = "loss_summ_data.tsv.gz"
FILE_SETS = (
    ("geneAnnotation.bed.gz", "orthologsClassification.tsv.gz", LOSS),
    ("query_annotation.bed.gz", "orthology_classification.tsv.gz"),
)
"""The two sets of files that a query may have: annotation, orthology classes, loss classes.

The newer set comes with `<folder>.md5.txt`, and perhaps without loss classes.
"""
_NOT_ORDERS = ("Matrix", "MultipleCodonAlignments", "_chains")


@dataclass(frozen=True, order=True)
class Query:
    """One query assembly of one reference, with the URLs of its files.

    `genome` is `ncbi:<accession>` where NCBI has the sequence; `aliases` is the file that tells
    the names of its sequences, empty when the annotation uses those of the genome; `loss` is empty
    when there is none. The digests are those that TOGA publishes, empty where it does not.
    """

    annotation_set: str
    assembly: str
    species: str
    common_name: str
    taxon_id: int
    order: str
    reference: str
    genome: str
    aliases: str
    bed: str
    orthology: str
    loss: str
    bed_md5: str
    orthology_md5: str
    loss_md5: str


COLUMNS = tuple(field.name for field in fields(Query))


@dataclass(frozen=True)
class _Folder:
    """The folder of one query, its order, the files in it that a build reads, and their MD5s."""

    order: str
    path: str
    files: tuple[str, ...]
    digests: dict[str, str]


def assembly(folder: str) -> str:
    """Return the assembly in the name of a reference's folder: hg38 of human_hg38_reference.

    Raises
    ------
    OrthrusError
        The name is of another form.
    """
    named = re.fullmatch(r"[^_]+_(.+)_reference", folder)
    if not named:
        raise OrthrusError(f"{folder}: is no folder of a reference, such as human_hg38_reference")
    return named[1]


def resolve(origin: Origin, folder: str, reference: str, settings: SourcesSettings) -> list[Query]:
    """List the queries of a reference, sorted by annotation set.

    Folders and file names are read from directory listings, since the server's spelling of
    species and common names cannot be derived. A query without folder, files or known genome is
    left out, and a message names it.

    Parameters
    ----------
    origin
        The server or a mirror.
    folder
        Folder of the reference, e.g. `human_hg38_reference`.
    reference
        Assembly of the reference, e.g. `hg38`: annotation sets are `<assembly>.toga_<reference>`.
    settings
        Whether to keep only Eutheria, and how many listings to read at the same time.

    Raises
    ------
    OrthrusError
        The overview or a listing cannot be read, or the overview is malformed.
    """
    place = f"{ROOT}/{folder}"
    table = adhoc(f"{place}/overview.table.tsv")
    listed = toga_overview.parse(origin.text(table), table.path)
    rows = [row for row in listed if row.eutherian or not settings.eutheria_only]
    if others := len(listed) - len(rows):
        say(f"{folder}: {others} of {len(listed)} queries are not of the Eutheria")
    queries, absent = [], []
    with StoppablePool(settings.connections) as pool:
        places = _places(origin, place, pool)
        folders = pool.map(lambda row: _folder(origin, row, places.get(row.assembly, [])), rows)
        for row, found in track(zip(rows, folders, strict=True), reference, len(rows)):
            if isinstance(found, _Folder) and row.genome:
                queries.append(_query(row, reference, found))
            else:
                reason = found if isinstance(found, str) else f"genome source {row.source!r}"
                absent.append(f"{row.assembly} ({reason})")
    if absent:
        say(f"{folder}: {len(absent)} of {len(rows)} queries left out: {', '.join(absent)}")
    return sorted(queries)


def write(queries: Iterable[Query], path: Path) -> None:
    """Write queries of one or several references as a TSV with header, sorted."""
    lines = ["\t".join(COLUMNS)]
    lines += ["\t".join(map(str, astuple(query))) for query in sorted(queries)]
    with atomic_file(path) as scratch:
        scratch.write_text("\n".join(lines) + "\n")


def _places(origin: Origin, place: str, pool: StoppablePool) -> dict[str, list[tuple[str, str]]]:
    """Return assembly → (order, folder of the query), read from the listing of each order."""
    names = [name.removesuffix("/") for name in origin.children(place) if name.endswith("/")]
    orders = [name for name in names if not name.endswith(_NOT_ORDERS)]
    listings = pool.map(origin.children, [f"{place}/{order}" for order in orders])
    found: dict[str, list[tuple[str, str]]] = {}
    for order, children in zip(orders, listings, strict=True):
        for name in children:
            if name.endswith("/") and "__" in name:
                name = name.removesuffix("/")
                assembly = name.rpartition("__")[2]
                found.setdefault(assembly, []).append((order, f"{place}/{order}/{name}"))
    return found


def _folder(origin: Origin, row: toga_overview.Row, places: list[tuple[str, str]]) -> _Folder | str:
    """Return the folder of a query, or why there is none."""
    if len(places) > 1:
        places = [(order, path) for order, path in places if order in row.lineage]
    if len(places) != 1:
        return "several folders" if places else "no folder"
    order, path = places[0]
    present = set(origin.children(path))
    for needed in FILE_SETS:
        if present.issuperset(needed):
            files = (*needed[:2], LOSS if LOSS in present else "")
            sums = f"{path.rpartition('/')[2]}.md5.txt"
            return _Folder(order, path, files, _digests(origin, path, sums, present))
    return "no complete set of files"


def _digests(origin: Origin, path: str, sums: str, present: set[str]) -> dict[str, str]:
    """Return file name → MD5 of a folder's checksum file; nothing where none can be read."""
    if sums not in present:
        return {}
    try:
        listed = checksums.parse(origin.text(adhoc(f"{path}/{sums}")), f"{path}/{sums}")
    except OrthrusError as error:
        say(f"{error}: the files of this query stay unpinned")
        return {}
    return {PurePosixPath(name).name: digest for name, digest in listed.items()}


def _query(row: toga_overview.Row, reference: str, folder: _Folder) -> Query:
    urls = (name and f"https://{quote(f'{folder.path}/{name}')}" for name in folder.files)
    return Query(
        f"{row.assembly}.toga_{reference}",
        row.assembly,
        row.species,
        row.common_name,
        row.taxon_id,
        folder.order,
        reference,
        row.genome,
        row.aliases,
        *urls,
        *(folder.digests.get(name, "") for name in folder.files),
    )
