"""The `orthrus sources` commands."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orthrus import disk_errors, output_formats
from orthrus.errors import OrthrusError
from orthrus.log import printable, progress_bar, say

if TYPE_CHECKING:
    from orthrus.sources.resumed_downloads import Watch

SHOWN = 3
"""Changed files that a message names."""

app = typer.Typer(help="Fetch public files, verify them and pin what was fetched.")

Catalogues = Annotated[
    list[Path] | None, typer.Option("--catalogue", help="A further catalogue TSV. Repeatable.")
]
Mirror = Annotated[
    str | None, typer.Option(help="Folder or URL whose tree repeats host/path; no other network.")
]
Build = Annotated[str | None, typer.Option(help="A build of workflow/builds, or a path.")]
AtOnce = Annotated[
    int, typer.Option(min=1, help="Query genomes that are on disk at the same time, about.")
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
        Path | None,
        typer.Option(
            callback=output_formats.plain,
            help="Write path, url, bytes, sha256 of the one item as JSON.",
        ),
    ] = None,
    md5: Annotated[str | None, typer.Option(help="MD5 that the one item must have.")] = None,
    slots: Annotated[
        Path | None,
        typer.Option(
            help="Folder that counts the connections to each host, over all commands that name it;"
            " DIR/.hosts if not given."
        ),
    ] = None,
    assignments: Assignments = None,
) -> None:
    """Download and verify files; skip files that are already valid.

    Example: orthrus sources fetch ucsc.hg38.genome --resources resources
    """
    from orthrus.config import settings
    from orthrus.config.sources import SourcesSettings
    from orthrus.sources import sources_lock as locks
    from orthrus.sources.backends import origin
    from orthrus.sources.catalogue import load
    from orthrus.sources.fetch import Fetcher
    from orthrus.sources.fetch_records import place
    from orthrus.sources.transfer import Client

    chosen = settings(SourcesSettings, assignments or [])
    if (record or md5) and len(items) != 1:
        option = "--record" if record else "--md5"
        raise OrthrusError(f"{option}: is of one item, not {len(items)}; fetch them one by one")
    known = load(catalogue or [])
    entries = list(dict.fromkeys(known.find(item) for item in items))
    if md5:
        entries = [replace(entry, checksum_kind="md5", checksum=md5) for entry in entries]
    locked = locks.read_lock(lock) if lock and lock.exists() else {}
    with Client(chosen, slots or resources / ".hosts") as client, _transfers() as watch:
        fetcher = Fetcher(resources, origin(mirror, client), locked, watch)
        records = fetcher.fetch_all(entries, chosen.connections)
    for fetched in records:
        locks.write_record(fetched, place(resources, fetched.path))
        how = "unpinned, as first fetched" if fetched.path in fetcher.unpinned else "verified"
        if fetched.path in fetcher.unpinned & fetcher.unrecorded:
            how = "unpinned, found in place and compared with nothing"
        say(f"{resources / fetched.path}: {how}, {fetched.bytes:,} bytes")
    if record:
        locks.write_record(records[0], record)


@app.command()
def lock(
    records: Annotated[list[Path], typer.Argument(help="What `fetch --record` wrote.")],
    lock: Annotated[
        Path,
        typer.Option(callback=output_formats.plain, help="sources.lock; made when it is missing."),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", callback=output_formats.plain, help="TSV of the verified files."
        ),
    ],
) -> None:
    """Compare fetched files with the lock; files that it does not list yet are added to it.

    Example: orthrus sources lock records/*.json --lock sources.lock -o verified.tsv
    """
    from orthrus.sources import sources_lock as locks

    found = {record.path: record for record in map(locks.read_record, records)}
    locked = locks.read_lock(lock) if lock.exists() else {}
    if changes := locks.compare(locked, found.values()):
        told = "; ".join(changes[:SHOWN]) + ("; …" if len(changes) > SHOWN else "")
        raise OrthrusError(
            f"{lock}: {len(changes)} of {len(found)} files have changed: {told}; to accept a "
            "change, delete its line from the lock, to accept all, the lock"
        )
    if new := len(found.keys() - locked.keys()):
        locks.write((locked | found).values(), lock)
        say(f"{lock}: {new} files added")
    locks.write(found.values(), output)


@app.command()
def resolve(
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", callback=output_formats.plain, help="TSV, one line per query."
        ),
    ],
    reference: Annotated[
        list[str], typer.Option(help="TOGA's folder of a reference. Repeatable.")
    ] = ["human_hg38_reference", "mouse_mm10_reference"],  # noqa: B006
    mirror: Mirror = None,
    assignments: Assignments = None,
) -> None:
    """List the TOGA queries of references with the URLs of their files.

    Example: orthrus sources resolve -o workflow/builds/zoonomia.toga.tsv
    """
    from orthrus.config import settings
    from orthrus.config.sources import SourcesSettings
    from orthrus.sources import toga
    from orthrus.sources.backends import origin
    from orthrus.sources.transfer import Client

    chosen = settings(SourcesSettings, assignments or [])
    with disk_errors.temporary_folder() as slots, Client(chosen, slots) as client:
        servers = origin(mirror, client)
        found = [
            query
            for folder in reference
            for query in toga.resolve(servers, folder, toga.assembly(folder), chosen)
        ]
    if not found:
        raise OrthrusError(f"{', '.join(reference)}: no query is left; check the references")
    toga.write(found, output)
    say(f"{output}: {len(found)} queries")


@app.command("list")
def list_entries(build: Build = None, catalogue: Catalogues = None, at_once: AtOnce = 8) -> None:
    """List the catalogue, or what a build needs: a table on a terminal, TSV when piped.

    The column `megabytes` holds estimates; `orthrus sources check` asks the sources.

    Example: orthrus sources list --build worm
    """
    from orthrus.sources.availability import estimate, sized
    from orthrus.sources.build_plan import needs_of
    from orthrus.sources.catalogue import COLUMNS, load

    if build and catalogue:
        raise OrthrusError("--catalogue: does not go with --build, whose files are known")
    needs = needs_of(build) if build else None
    entries = needs.entries if needs else load(catalogue or []).entries
    if needs and not needs.made_mirror:
        entries = [sized(entry) for entry in entries]
    rows = [[str(getattr(entry, column)) for column in COLUMNS] for entry in entries]
    _print_rows(
        COLUMNS, rows, ("name", "version", "used_by", "checksum_kind", "megabytes", "licence")
    )
    for line in estimate(needs, at_once) if needs else []:
        say(line)


@app.command()
def check(build: Build = None, mirror: Mirror = None, at_once: AtOnce = 8) -> None:
    """Ask, without fetching, whether all files of a build can be had, how large and how pinned.

    The build is that of config.yaml unless it is named. A table on a terminal, TSV when piped;
    totals on standard error. Exit status 2 when a file cannot be had.

    Example: orthrus sources check --build worm
    """
    from orthrus.sources import sources_lock as locks
    from orthrus.sources.availability import COLUMNS, examine, summary
    from orthrus.sources.backends import origin
    from orthrus.sources.build_plan import needs_of
    from orthrus.sources.transfer import Client

    needs = needs_of(build, mirror)
    if needs.made_mirror and not Path(needs.made_mirror[0]).is_dir():
        raise OrthrusError(
            f"{needs.made_mirror[0]}: this build makes its sources; make them with"
            " `snakemake simulate`"
        )
    locked = locks.read_lock(needs.lock) if needs.lock.exists() else {}
    with Client(needs.build.sources, Path(needs.resources, ".hosts"), give_up=True) as client:
        found = examine(needs, origin(needs.mirror, client), locked)
    _print_rows(COLUMNS, [one.row for one in found], COLUMNS)
    for one in found:
        for fault in filter(None, (one.stat.fault, one.fault)):
            say(f"{one.entry.path}: {fault}")
    for line in summary(found, at_once):
        say(line)
    if absent := [one.entry.path for one in found if one.stat.fault]:
        raise OrthrusError(f"{len(absent)} of {len(found)} files cannot be had: {absent[0]} …")


def _print_rows(
    columns: Sequence[str], rows: Sequence[Sequence[str]], shown: Sequence[str]
) -> None:
    """Print rows as TSV or, on a terminal, those columns that matter to people as a table."""
    if not sys.stdout.isatty():
        for row in (columns, *rows):
            print("\t".join(row))
        return
    from rich.console import Console
    from rich.table import Table

    places = [columns.index(name) for name in shown]
    table = Table(*(name.replace("_kind", "") for name in shown))
    for row in rows:
        table.add_row(*(printable(row[place]) for place in places))
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
