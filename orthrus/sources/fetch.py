"""Fetching: from an entry to a verified file below the resources folder, or no file at all."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import wait
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from orthrus.errors import OrthrusError
from orthrus.files import atomic_file
from orthrus.log import say
from orthrus.sources import checksums, fetch_records
from orthrus.sources.backends import Origin
from orthrus.sources.catalogue import Entry
from orthrus.sources.part_files import PartFile, partial
from orthrus.sources.resumed_downloads import Watch
from orthrus.sources.sources_lock import Record, difference, read_record
from orthrus.sources.stoppable_pool import StoppablePool

GRACE = 1.0
"""Seconds in which transfers that are to stop put away what they have."""


@dataclass(frozen=True)
class _Pin:
    """A digest that a file must have, and how to say who says so."""

    kind: str
    digest: str
    claim: str


class Fetcher:
    """Fetches entries into a resources folder; one fetcher may serve many threads.

    Parameters
    ----------
    resources
        Files come to lie under `<resources>/<host>/<path>`.
    origin
        Where the bytes come from.
    locked
        Records of `sources.lock` by path; a file listed there must match.
    watch
        Given a path, returns what is told about the progress of its transfer.

    Attributes
    ----------
    unpinned
        `host/path` of the files that nothing but their own record was compared with.
    unrecorded
        `host/path` of the files that were there without a record.
    """

    def __init__(
        self,
        resources: Path,
        origin: Origin,
        locked: dict[str, Record],
        watch: Callable[[str], Watch] = lambda _: lambda *_: None,
    ) -> None:
        self._resources = resources
        self._origin = origin
        self._locked = locked
        self._watch = watch
        self._stopping = threading.Event()
        self.unpinned: set[str] = set()
        self.unrecorded: set[str] = set()

    def fetch(self, entry: Entry) -> Record:
        """Make sure that the verified file of an entry is there, and return what it is.

        A file that is there already and passes its checks is kept.

        Raises
        ------
        OrthrusError
            It cannot be fetched, its checksum is wrong, or it differs from the lock.
        """
        found, fault = self.present(entry)
        if not found or fault:
            target = self._resources / entry.path
            if fault:
                say(f"{target}: {fault}; fetching it again")
            found = self._bring(entry, target)
            self.unrecorded.discard(entry.path)
        return found

    def present(self, entry: Entry) -> tuple[Record | None, str]:
        """Return what of an entry is there, if anything, and what is wrong with it, if anything.

        Raises
        ------
        OrthrusError
            The checksum file that it must match is neither there nor can be read.
        """
        target = self._resources / entry.path
        if not target.is_file():
            return None, ""
        found, fault = self._examine(entry, target, self._known_pin(entry))
        kept = fetch_records.place(self._resources, entry.path)
        try:
            if not fault and kept.exists() and read_record(kept).sha256 != found.sha256:
                fault = "it is not what was fetched, by the SHA-256 of its record"
        except OrthrusError as error:
            fault = f"its record cannot be read ({error})"
        if not fault and not kept.exists():
            self.unrecorded.add(entry.path)
        return found, fault

    def fetch_all(self, entries: list[Entry], connections: int) -> list[Record]:
        """Fetch several entries, at most `connections` at the same time; see `fetch`.

        A signal to stop ends transfers at their next bytes; see `StoppablePool` for the others.
        """
        with StoppablePool(connections) as pool:
            running = [pool.submit(self.fetch, entry) for entry in entries]
            try:
                return [future.result() for future in running]
            except (KeyboardInterrupt, SystemExit):
                self._stopping.set()
                wait([future for future in running if not future.cancel()], GRACE)
                raise

    def _bring(self, entry: Entry, target: Path) -> Record:
        """Fetch and publish a file, and beside it the checksum file that lists it."""
        sums = self._published(entry) if entry.checksum_kind == "md5sums" else ""
        pin = _pin(entry, sums)
        with partial(target) as part:
            self._copy(entry, part)
            found, fault = self._examine(entry, part.path, pin)
            if fault:
                part.restart()
                raise OrthrusError(f"{entry.path}: {fault}; nothing was kept")
            part.publish(target)
        if sums:
            with atomic_file(target.with_name(entry.checksum)) as scratch:
                scratch.write_text(sums)
        return found

    def _copy(self, entry: Entry, part: PartFile) -> None:
        """Complete a partial file; where that fails, tell what the catalogue notes about it."""
        try:
            self._origin.copy(entry, part, self._unless_stopping(self._watch(entry.path)))
        except OrthrusError as error:
            if not entry.note:
                raise
            raise OrthrusError(f"{error} (the catalogue notes: {entry.note})") from None

    def _unless_stopping(self, watch: Watch) -> Watch:
        """Return `watch`, which ends the transfer once all are to stop."""

        def watch_and_stop(done: int, total: int | None) -> None:
            if self._stopping.is_set():
                raise OrthrusError("the transfer was stopped")
            watch(done, total)

        return watch_and_stop

    def _examine(self, entry: Entry, path: Path, pin: _Pin | None) -> tuple[Record, str]:
        """Return what a file is, and what is wrong with it (empty when nothing is)."""
        sums = checksums.digests(path, {"sha256"} | ({pin.kind} if pin else set()))
        found = Record(entry.path, entry.url, path.stat().st_size, sums["sha256"])
        if pin and sums[pin.kind] != pin.digest:
            told = f"its {pin.kind} is {sums[pin.kind]}"
            return found, f"wrong checksum: {told}, but {pin.claim} {pin.digest}"
        if not pin and entry.path not in self._locked:
            self.unpinned.add(entry.path)
        locked = self._locked.get(entry.path, found)
        if changed := difference(locked, found):
            return found, f"it has changed since the lock was written: {changed}"
        return found, ""

    def _known_pin(self, entry: Entry) -> _Pin | None:
        """Return the digest that a file which is there already must have.

        A locked file needs none: the lock says more.
        """
        if entry.path in self._locked:
            return None
        if entry.checksum_kind != "md5sums":
            return _pin(entry, "")
        kept = (self._resources / entry.path).with_name(entry.checksum)
        return _pin(entry, kept.read_text() if kept.is_file() else self._published(entry))

    def _published(self, entry: Entry) -> str:
        """Return the text of the checksum file that lies beside an entry's file."""
        try:
            return self._origin.text(entry.sibling(entry.checksum))
        except OrthrusError as error:
            raise OrthrusError(f"the checksum file cannot be read: {error}") from None


def _pin(entry: Entry, sums: str) -> _Pin | None:
    """Return the digest that a file must have; `sums` is the text of its checksum file, if any."""
    if entry.checksum_kind == "unpinned":
        return None
    if entry.checksum_kind != "md5sums":
        return _Pin(entry.checksum_kind, entry.checksum.lower(), "it should be")
    listed = checksums.parse(sums, entry.sibling(entry.checksum).path)
    name = PurePosixPath(entry.path).name
    if name not in listed:
        say(f"{entry.path}: {entry.checksum} does not list it, so only its size is checked")
        return None
    return _Pin("md5", listed[name], f"{entry.checksum} says")
