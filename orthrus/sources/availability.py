"""Looking at every file of a build before anything is fetched."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from heapq import nlargest
from pathlib import Path

from rich.filesize import decimal

from orthrus.errors import OrthrusError
from orthrus.log import track
from orthrus.sources import assemblies
from orthrus.sources.backends import Origin
from orthrus.sources.build_plan import Needs
from orthrus.sources.catalogue import Entry
from orthrus.sources.fetch import Fetcher
from orthrus.sources.sources_lock import Record
from orthrus.sources.stoppable_pool import StoppablePool
from orthrus.sources.transfer import Stat

COLUMNS = ("path", "status", "bytes", "size", "pinned", "there", "kept")
_SOME = 3


@dataclass(frozen=True)
class Finding:
    """What is known of one file of a build.

    Attributes
    ----------
    entry
        The file.
    stat
        What its source says.
    bytes, measured
        Its size, from the source or what is there, or else an estimate.
    pinned
        `lock`, or what the catalogue says.
    there
        `yes` and right; `wrong`; `no`; `passed`, a query genome that was here and went; or
        `unknown`, when the checksum file that it must match is out of reach.
    fault
        What is wrong with the file that is there, or unknown.
    temporary
        Whether it goes once it is encoded.
    """

    entry: Entry
    stat: Stat
    bytes: int
    measured: bool
    pinned: str
    there: str
    fault: str
    temporary: bool

    @property
    def wanted(self) -> bool:
        """Whether it is still to be fetched."""
        return self.there in ("no", "wrong")

    @property
    def on_disk(self) -> int:
        """How many bytes it takes on disk; an estimate where its size is one."""
        return self.bytes if self.measured else on_disk(self.entry, self.bytes)

    @property
    def row(self) -> tuple[str, ...]:
        """Values of `COLUMNS`."""
        return (
            self.entry.path,
            self.stat.status,
            str(self.bytes),
            "measured" if self.measured else "estimate" if self.bytes else "unknown",
            self.pinned,
            self.there,
            "no" if self.temporary else "yes",
        )


def examine(needs: Needs, origin: Origin, locked: dict[str, Record]) -> list[Finding]:
    """Look at every file of a build, at its source and on disk; nothing is fetched.

    Parameters
    ----------
    needs
        The build.
    origin
        Where its files come from.
    locked
        Records of its `sources.lock`.
    """

    def look(entry: Entry) -> Finding:
        fetcher = Fetcher(Path(needs.folder(entry.path)), origin, locked)
        record, there, fault = _present(fetcher, entry)
        temporary = entry.path in needs.temporary_genomes
        if there == "no" and temporary and Path(needs.record_path(entry.path)).is_file():
            there = "passed"
        stat = _ask(origin, entry)
        size = record.bytes if record and not fault else stat.bytes
        return Finding(
            entry,
            stat,
            transfer(entry) if size is None else size,
            size is not None,
            "lock" if entry.path in locked else entry.checksum_kind,
            there,
            fault,
            temporary,
        )

    entries = needs.entries
    with StoppablePool(needs.build.sources.connections) as pool:
        return list(track(pool.map(look, entries), "Looking", len(entries)))


def _present(fetcher: Fetcher, entry: Entry) -> tuple[Record | None, str, str]:
    """Return what is on disk, `there` and `fault` of a finding."""
    try:
        record, fault = fetcher.present(entry)
    except OrthrusError as error:
        return None, "unknown", str(error)
    return record, "wrong" if fault else "yes" if record else "no", fault


def _ask(origin: Origin, entry: Entry) -> Stat:
    """Ask about a file and, where it has one, about the checksum file that goes with it."""
    found = origin.stat(entry)
    if not found.fault and entry.checksum_kind == "md5sums":
        sums = origin.stat(entry.sibling(entry.checksum))
        return sums if sums.fault else found
    return found


def summary(findings: Iterable[Finding], at_once: int) -> list[str]:
    """Return what a person wants to know: what comes, what it takes, what is not pinned.

    Parameters
    ----------
    findings
        All files of a build.
    at_once
        Query genomes that are on disk at the same time, where they are encoded as soon as fetched.
    """
    found = list(findings)
    wanted = [one for one in found if one.wanted]
    guessed = sum(not one.measured for one in wanted)
    lines = [
        f"{len(found)} files, {len(wanted)} to fetch: {decimal(sum(one.bytes for one in wanted))}"
        + (f", of which {guessed} sizes are estimates" if guessed else "")
    ]
    lines.append(space([(one.on_disk, one.temporary) for one in found], at_once))
    if loose := [one.entry.name for one in found if one.pinned == "unpinned"]:
        more = f" and {len(loose) - _SOME} more" if len(loose) > _SOME else ""
        lines.append(f"unpinned until the first run locks them: {', '.join(loose[:_SOME])}{more}")
    return lines


def estimate(needs: Needs, at_once: int) -> list[str]:
    """Return what `summary` tells of sizes, from estimates alone."""
    if needs.made_mirror:
        return [f"{len(needs.entries)} files, made by the build itself: nothing is fetched"]
    coming = [(entry, transfer(entry)) for entry in needs.entries]
    total = decimal(sum(size for _, size in coming))
    files = [
        (on_disk(entry, size), entry.path in needs.temporary_genomes) for entry, size in coming
    ]
    return [f"{len(files)} files, {total} to fetch by estimates", space(files, at_once)]


def space(files: Iterable[tuple[int, bool]], at_once: int) -> str:
    """Say how much disk files take, given the bytes of each and whether it is temporary."""
    taken = list(files)
    kept = sum(size for size, temporary in taken if not temporary)
    passing = [size for size, temporary in taken if temporary]
    if not passing:
        return f"disk: {decimal(kept)} stay"
    peak = decimal(sum(nlargest(at_once, passing)))
    return (
        f"disk: {decimal(kept)} stay; scratch takes about {peak}, the largest"
        f" {min(at_once, len(passing))} of {len(passing)} query genomes, which go once encoded; up"
        f" to {decimal(sum(passing))} where they wait for that, as in a cluster's queue"
    )


MEGABYTE = 10**6
_TYPICAL = {
    r".+\.fa\.gz|.+/genome\.fna": 850,
    r".+\.2bit": 720,
    r".+/sequence_report": 10,
    r".+/genomic\.gff": 50,
    r".+(geneAnnotation|query_annotation)\.bed\.gz": 5,
    r".+\.(tsv\.gz|sizes|chromAlias\.txt)": 1,
}
"""Megabytes that files of a mammal have, by the form of their paths."""
_UNPACKED = {assemblies.GENOME: 3.3, assemblies.ANNOTATION: 20.0}
"""How much larger a plain file is than its zip archive."""


def sized(entry: Entry) -> Entry:
    """Return an entry whose `megabytes` are typical of its kind where the catalogue says none."""
    if entry.megabytes:
        return entry
    found = (size for form, size in _TYPICAL.items() if re.fullmatch(form, entry.path))
    return replace(entry, megabytes=next(found, 0))


def transfer(entry: Entry) -> int:
    """Return roughly how many bytes come when an entry is fetched; 0 when nothing is known."""
    return sized(entry).megabytes * MEGABYTE


def on_disk(entry: Entry, transferred: int) -> int:
    """Return roughly how many bytes lie on disk once so many came: NCBI's files are unpacked."""
    assembly = assemblies.find(entry.path)
    return round(transferred * _UNPACKED.get(assembly.kind, 1)) if assembly else transferred
