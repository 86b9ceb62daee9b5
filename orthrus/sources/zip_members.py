"""One file of a zip archive in place of the archive."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path, PurePosixPath

from orthrus.errors import OrthrusError
from orthrus.files import CHUNK, ZIP_FAULTS, atomic_file
from orthrus.sources.http_errors import BrokenTransferError
from orthrus.sources.part_files import PartFile

LARGEST = 1 << 37
"""Bytes of a file in an archive: the largest genome known has a third of this."""


def is_whole(path: Path) -> bool:
    """Tell whether a file is a zip archive with its end, where its contents are listed."""
    try:
        return zipfile.is_zipfile(path)
    except ZIP_FAULTS:  # an end that makes no sense
        return False


def check(part: PartFile) -> None:
    """Make sure that a partial file is a whole zip archive; BrokenTransferError if it is not."""
    if not is_whole(part.path):
        part.restart()
        raise BrokenTransferError(f"{part.path.with_suffix('')}: what came is no whole zip archive")


def extract(part: PartFile, pattern: str) -> None:
    """Replace an archive by the one file in it whose name matches, its CRC checked.

    Parameters
    ----------
    part
        A zip archive.
    pattern
        The end of the file's path; `*` stands for any characters of a name.

    Raises
    ------
    OrthrusError
        No file or several files match, or the archive is damaged; the partial file is emptied.
    """
    where = part.path.with_suffix("")
    part.disown()
    try:
        with zipfile.ZipFile(part.path) as archive:
            member = _member(archive, pattern)
            with (
                atomic_file(part.path) as scratch,
                archive.open(member) as packed,
                open(scratch, "wb") as whole,
            ):
                shutil.copyfileobj(packed, whole, CHUNK)
    except OrthrusError as error:
        part.restart()
        raise OrthrusError(f"{where}: {error}") from None
    except ZIP_FAULTS as error:
        part.restart()
        raise OrthrusError(f"{where}: the zip archive cannot be read: {error}") from None


def _member(archive: zipfile.ZipFile, pattern: str) -> str:
    names = [name for name in archive.namelist() if not name.endswith("/")]
    found = [name for name in names if PurePosixPath(name).match(pattern)]
    if len(found) != 1:
        some = ", ".join(names[:5]) or "nothing"
        raise OrthrusError(f"{len(found)} files in the zip archive are {pattern}; it holds {some}")
    if archive.getinfo(found[0]).file_size > LARGEST:  # zipfile reads no more than it says here
        raise OrthrusError(f"{found[0]} in the zip archive has more than {LARGEST:,} bytes")
    return found[0]
