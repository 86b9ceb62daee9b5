"""Fetching: from an entry to a verified file below the resources folder, or no file at all."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from orthrus.errors import OrthrusError
from orthrus.files import atomic_file
from orthrus.log import say
from orthrus.sources import checksums
from orthrus.sources.catalogue import Entry
from orthrus.sources.lock import Record, difference
from orthrus.sources.origin import Origin
from orthrus.sources.partial import partial
from orthrus.sources.transfer import Watch


@dataclass(frozen=True)
class _Pin:
    """A digest that a file must have, and who says so."""

    kind: str
    digest: str
    source: str


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

    def fetch(self, entry: Entry) -> Record:
        """Make sure that the verified file of an entry is there, and return what it is.

        A file that is there already and passes its checks is kept.

        Raises
        ------
        OrthrusError
            It cannot be fetched, its checksum is wrong, or it differs from the lock.
        """
        target = self._resources / entry.path
        if target.is_file():
            record, fault = self._examine(entry, target, self._pin(entry, fresh=False))
            if not fault:
                return record
            say(f"{target}: {fault}; fetching it again")
        return self._bring(entry, target)

    def fetch_all(self, entries: list[Entry], connections: int) -> list[Record]:
        """Fetch several entries, at most `connections` at the same time; see `fetch`."""
        with ThreadPoolExecutor(connections) as pool:
            return list(pool.map(self.fetch, entries))

    def _bring(self, entry: Entry, target: Path) -> Record:
        pin = self._pin(entry, fresh=True)
        with partial(target) as part:
            self._origin.copy(entry, part, self._watch(entry.path))
            record, fault = self._examine(entry, part.path, pin)
            if fault:
                part.restart()
                raise OrthrusError(f"{entry.path}: {fault}; nothing was kept")
            part.publish(target)
        return record

    def _examine(self, entry: Entry, path: Path, pin: _Pin | None) -> tuple[Record, str]:
        """Return what a file is, and what is wrong with it (empty when nothing is)."""
        sums = checksums.digests(path, {"sha256"} | ({pin.kind} if pin else set()))
        record = Record(entry.path, entry.url, path.stat().st_size, sums["sha256"])
        if pin and sums[pin.kind] != pin.digest:
            found = f"its {pin.kind} is {sums[pin.kind]}"
            return record, f"wrong checksum: {found}, but {pin.source} says {pin.digest}"
        locked = self._locked.get(entry.path, record)
        if changed := difference(locked, record):
            return record, f"it has changed since the lock was written: {changed}"
        return record, ""

    def _pin(self, entry: Entry, fresh: bool) -> _Pin | None:
        """Return the digest that a file must have.

        A locked file that is there already needs none: the lock says more.
        """
        if entry.checksum_kind == "unpinned" or (not fresh and entry.path in self._locked):
            return None
        if entry.checksum_kind != "md5sums":
            return _Pin(entry.checksum_kind, entry.checksum.lower(), "the catalogue")
        listed = self._published(entry.sibling(entry.checksum), fresh)
        name = PurePosixPath(entry.path).name
        if name not in listed:
            say(f"{entry.path}: {entry.checksum} does not list it, so only its size is checked")
            return None
        return _Pin("md5", listed[name], entry.checksum)

    def _published(self, entry: Entry, fresh: bool) -> dict[str, str]:
        """Return the digests of a checksum file, which is kept beside the files it lists."""
        stored = self._resources / entry.path
        if not fresh and stored.is_file():
            return checksums.parse(stored.read_text(), str(stored))
        try:
            text = self._origin.text(entry)
        except OrthrusError as error:
            raise OrthrusError(f"the checksum file cannot be read: {error}") from None
        listed = checksums.parse(text, entry.path)
        with atomic_file(stored) as scratch:
            scratch.write_text(text)
        return listed
