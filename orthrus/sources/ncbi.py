"""Files of assemblies from NCBI Datasets or, where that fails, from NCBI's FTP site.

Datasets packs what is asked for into a zip archive and answers even a wrong accession with one,
which then holds no data: only the content tells. The FTP site names folders after accession and
assembly, so the name is read from a listing.

Genome and annotation are kept plain: they are then the same files whichever of the two they came
from. The report on sequences is Datasets' JSON lines or the FTP site's table.
"""

from __future__ import annotations

import shutil
from typing import Any

from pydantic import BaseModel

from orthrus.errors import OrthrusError
from orthrus.files import CHUNK, atomic_file, open_bytes
from orthrus.sources import checksums, html_index, zip_members
from orthrus.sources.assemblies import ANNOTATION, AssemblyFile
from orthrus.sources.http_errors import BrokenTransferError, RefusedError
from orthrus.sources.part_files import PartFile
from orthrus.sources.resumed_downloads import Watch
from orthrus.sources.transfer import Client, Stat

FTP = "https://ftp.ncbi.nlm.nih.gov/genomes/all"
SUMS = "md5checksums.txt"


class _Info(BaseModel):
    assembly_status: str = "current"


class _Report(BaseModel):
    accession: str
    assembly_info: _Info = _Info()
    annotation_info: dict[str, Any] | None = None


class _Answer(BaseModel):
    """What is read of Datasets' reports on assemblies; a wrong accession has none."""

    reports: list[_Report] = []


def fetch(client: Client, wanted: AssemblyFile, url: str, part: PartFile, watch: Watch) -> None:
    """Complete a partial file of an assembly.

    Parameters
    ----------
    client
        Does the transfers.
    wanted
        Which file.
    url
        Where Datasets has it.
    part, watch
        The partial file, and what is told about progress.

    Raises
    ------
    OrthrusError
        Neither service has the file, with both reasons.
    """
    try:
        client.download(url, part, zip_members.check, watch)
        zip_members.extract(part, wanted.kind.member.format(wanted.accession))
        _check_start(wanted, part)
    except OrthrusError as error:
        part.restart()
        try:
            _fetch_ftp(client, wanted, part, watch)
        except OrthrusError as other:
            raise OrthrusError(f"{error}; and {other}") from None


def stat(client: Client, wanted: AssemblyFile, url: str) -> Stat:
    """Tell whether Datasets has a file of an assembly, from its report on the assembly.

    The status is `200` or, for an assembly that is not current, what NCBI calls it (`previous`,
    `suppressed`). The size is unknown, since the file comes in an archive that is made on request.

    Parameters
    ----------
    client
        Asks.
    wanted
        Which file.
    url
        Where Datasets has it.
    """
    address = url.partition("download?")[0] + "dataset_report"
    try:
        answer = _Answer.model_validate_json(client.text(address))
    except RefusedError as error:
        return Stat.refused(error)
    except ValueError:
        return Stat("200", fault=f"{address}: is no report on assemblies; try again later")
    found = [report for report in answer.reports if report.accession == wanted.accession]
    if not found:
        return Stat("404", fault=f"{address}: NCBI has no such assembly; check the accession")
    if wanted.kind is ANNOTATION and found[0].annotation_info is None:
        return Stat("404", fault=f"{address}: the assembly has no annotation; give another table")
    status = found[0].assembly_info.assembly_status
    return Stat("200" if status == "current" else status)


def _fetch_ftp(client: Client, wanted: AssemblyFile, part: PartFile, watch: Watch) -> None:
    folder = _folder(client, wanted.accession)
    name = folder.rstrip("/").rpartition("/")[2] + wanted.kind.suffix
    listed = checksums.parse(client.text(folder + SUMS), folder + SUMS)
    if name not in listed:
        raise OrthrusError(f"{folder}{SUMS}: does not list {name}")

    def check(whole: PartFile) -> None:
        if checksums.digests(whole.path, {"md5"})["md5"] != listed[name]:
            whole.restart()
            raise BrokenTransferError(f"{folder}{name}: wrong checksum: {SUMS} says {listed[name]}")

    client.download(folder + name, part, check, watch)
    part.disown()
    if name.endswith(".gz"):
        with (
            open_bytes(part.path) as packed,
            atomic_file(part.path) as scratch,
            open(scratch, "wb") as plain,
        ):
            shutil.copyfileobj(packed, plain, CHUNK)
    _check_start(wanted, part)


def _folder(client: Client, accession: str) -> str:
    """Return the URL of an assembly's folder, whose name only the listing tells."""
    digits = accession[4:13]
    parent = "/".join((FTP, accession[:3], digits[:3], digits[3:6], digits[6:], ""))
    children = html_index.children(client.text(parent), parent)
    found = [child for child in children if child.startswith(f"{accession}_")]
    if len(found) != 1:
        some = ", ".join(children[:5]) or "nothing"
        raise OrthrusError(f"{parent}: {len(found)} folders of {accession}; it holds {some}")
    return parent + found[0]


def _check_start(wanted: AssemblyFile, part: PartFile) -> None:
    """Make sure that a file looks like what it should be; else empty it."""
    with open(part.path, "rb") as handle:
        start = handle.read(1)
    if start not in wanted.kind.starts:
        part.restart()
        raise OrthrusError(f"{wanted.path}: does not begin like a {wanted.kind.name}")
