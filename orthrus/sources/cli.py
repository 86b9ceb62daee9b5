"""The `orthrus sources` commands."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orthrus.errors import OrthrusError
from orthrus.log import progress_bar, say

if TYPE_CHECKING:
    from orthrus.sources.catalogue import Entry
    from orthrus.sources.transfer import Watch

app = typer.Typer(help="Fetch public files, verify them and pin what was fetched.")

Catalogues = Annotated[
    list[Path] | None, typer.Option("--catalogue", help="A further catalogue TSV. Repeatable.")
]
Mirror = Annotated[
    str | None, typer.Option(help="Folder or URL whose tree repeats host/path; no other network.")
]
Assignments = Annotated[
    list[str] | None, typer.Option("--set", help="A setting, as key=value. Repeatable.")
]


@app.command()
def fetch(
    items: Annotated[list[str], typer.Argument(help="Catalogue names, URLs or host/path.")],
    resources: Annotated[Path, typer.Option(help="Files come to lie in DIR/<host>/<path>.")],
    mirror: Mirror = None,
    lock: Annotated[
        Path | None, typer.Option(help="sources.lock; what it lists must match.")
    ] = None,
    catalogue: Catalogues = None,
    record: Annotated[
        Path | None, typer.Option(help="Write path, url, bytes, sha256 of the one item as JSON.")
    ] = None,
    slots: Annotated[
        Path | None,
        typer.Option(
            help="Folder that counts the connections to each host, over all commands that name it;"
            " DIR/.hosts if not given."
        ),
    ] = None,
    assignments: Assignments = None,
) -> None:
    """Bring files, verified, below the resources folder; what is there and right is kept.

    Example: orthrus sources fetch ucsc.hg38.genome --resources resources
    """
    from orthrus.config import settings
    from orthrus.config.sources import SourcesSettings
    from orthrus.sources import lock as locks
    from orthrus.sources.catalogue import load
    from orthrus.sources.fetch import Fetcher
    from orthrus.sources.origin import origin
    from orthrus.sources.transfer import Client

    chosen = settings(SourcesSettings, assignments or [])
    if record and len(items) != 1:
        raise OrthrusError(f"--record: holds one item, not {len(items)}; fetch them one by one")
    known = load(catalogue or [])
    entries = list(dict.fromkeys(known.find(item) for item in items))
    locked = locks.read(lock) if lock and lock.exists() else {}
    with Client(chosen, slots or resources / ".hosts") as client, _transfers() as watch:
        fetcher = Fetcher(resources, origin(mirror, client), locked, watch)
        records = fetcher.fetch_all(entries, chosen.connections)
    for fetched in records:
        say(f"{resources / fetched.path}: verified, {fetched.bytes:,} bytes")
    if record:
        locks.write_record(records[0], record)


@app.command()
def lock(
    records: Annotated[list[Path], typer.Argument(help="What `fetch --record` wrote.")],
    lock: Annotated[Path, typer.Option(help="sources.lock; made when it is missing.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="TSV of the verified files.")],
) -> None:
    """Compare fetched files with the lock; files that it does not list yet are added to it.

    Example: orthrus sources lock records/*.json --lock sources.lock -o verified.tsv
    """
    from orthrus.sources import lock as locks

    found = {record.path: record for record in map(locks.read_record, records)}
    locked = locks.read(lock) if lock.exists() else {}
    if changes := locks.compare(locked, found.values()):
        raise OrthrusError(
            f"{lock}: {len(changes)} of {len(found)} files have changed: {'; '.join(changes)};"
            " to accept a change, delete its line from the lock"
        )
    if new := len(found.keys() - locked.keys()):
        locks.write((locked | found).values(), lock)
        say(f"{lock}: {new} files added")
    locks.write(found.values(), output)


@app.command()
def resolve(
    reference_dir: Annotated[
        list[str], typer.Option(help="TOGA's folder of a reference. Repeatable, in pairs.")
    ],
    reference: Annotated[list[str], typer.Option(help="That reference's assembly.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="TSV, one line per query.")],
    mirror: Mirror = None,
    assignments: Assignments = None,
) -> None:
    """List the TOGA queries of references with the URLs of their files.

    Example: orthrus sources resolve --reference-dir human_hg38_reference --reference hg38
    -o queries.tsv
    """
    from orthrus.config import settings
    from orthrus.config.sources import SourcesSettings
    from orthrus.sources import toga
    from orthrus.sources.origin import origin
    from orthrus.sources.transfer import Client

    chosen = settings(SourcesSettings, assignments or [])
    if len(reference_dir) != len(reference):
        raise OrthrusError("--reference-dir, --reference: give one of each for every reference")
    with Client(chosen) as client:
        servers = origin(mirror, client)
        found = [
            query
            for folder, name in zip(reference_dir, reference, strict=True)
            for query in toga.resolve(servers, folder, name, chosen)
        ]
    if not found:
        raise OrthrusError(f"{', '.join(reference_dir)}: no query is left; check the references")
    toga.write(found, output)
    say(f"{output}: {len(found)} queries")


@app.command("list")
def list_entries(catalogue: Catalogues = None) -> None:
    """List the catalogue: a table on a terminal, TSV when piped.

    Example: orthrus sources list | grep hg38
    """
    from orthrus.sources.catalogue import COLUMNS, load

    entries = load(catalogue or []).entries
    if sys.stdout.isatty():
        _print_table(entries)
        return
    print("\t".join(COLUMNS))
    for entry in entries:
        print("\t".join(str(getattr(entry, column)) for column in COLUMNS))


def _print_table(entries: list[Entry]) -> None:
    from rich.console import Console
    from rich.table import Table

    columns = ("name", "version", "feeds", "checksum_kind", "licence", "path")
    table = Table(*(column.replace("_kind", "") for column in columns))
    for entry in entries:
        table.add_row(*(getattr(entry, column) for column in columns))
    Console().print(table)


@contextlib.contextmanager
def _transfers() -> Iterator[Callable[[str], Watch]]:
    """Show the progress of transfers when standard error is a terminal."""
    from rich.progress import DownloadColumn, TransferSpeedColumn

    with progress_bar(DownloadColumn(), TransferSpeedColumn()) as bars:

        def watch(path: str) -> Watch:
            task = bars.add_task(path.rpartition("/")[2], total=None)
            return lambda done, total: bars.update(task, completed=done, total=total)

        yield watch
