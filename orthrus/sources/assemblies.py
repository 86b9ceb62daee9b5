"""Assemblies of NCBI by accession: what their files are called, and where they lie."""

from __future__ import annotations

import re
from dataclasses import dataclass

from orthrus.errors import OrthrusError

DATASETS = "api.ncbi.nlm.nih.gov/datasets/v2/genome/accession"


@dataclass(frozen=True)
class Kind:
    """A kind of file, as NCBI's two services call it.

    Attributes
    ----------
    name
        Its name below the resources folder.
    parameter, member
        What Datasets is asked for, and the file in its answer; `{0}` stands for the accession.
    suffix
        What follows the assembly's folder name in the file's name on the FTP site.
    starts
        How its content may begin.
    """

    name: str
    parameter: str
    member: str
    suffix: str
    starts: tuple[bytes, ...]


GENOME = Kind("genome.fna", "GENOME_FASTA", "{0}/{0}_*_genomic.fna", "_genomic.fna.gz", (b">",))
REPORT = Kind(
    "sequence_report",
    "SEQUENCE_REPORT",
    "{0}/sequence_report.jsonl",
    "_assembly_report.txt",
    (b"{", b"#"),
)
ANNOTATION = Kind("genomic.gff", "GENOME_GFF", "{0}/genomic.gff", "_genomic.gff.gz", (b"#",))
_KINDS = {kind.name: kind for kind in (GENOME, REPORT, ANNOTATION)}
_NAME = re.compile(rf"(GC[AF]_\d{{9}}\.\d+)/({'|'.join(map(re.escape, _KINDS))})")


@dataclass(frozen=True)
class AssemblyFile:
    """A file of the assembly with an accession, version included."""

    accession: str
    kind: Kind

    @property
    def path(self) -> str:
        """Where it lies below the resources folder and in mirrors."""
        return f"{DATASETS}/{self.accession}/{self.kind.name}"

    @property
    def url(self) -> str:
        """What to ask of NCBI Datasets."""
        query = f"download?include_annotation_type={self.kind.parameter}"
        return f"https://{DATASETS}/{self.accession}/{query}"


def find(item: str) -> AssemblyFile | None:
    """Return the file that `ncbi:<accession>[/<kind>]` or its `host/path` means.

    Returns
    -------
    AssemblyFile or None
        None when `item` is something else.

    Raises
    ------
    OrthrusError
        It starts with `ncbi:`, but no accession with version or no such file follows.
    """
    if item.startswith("ncbi:"):
        accession, _, name = item.removeprefix("ncbi:").partition("/")
        found = _NAME.fullmatch(f"{accession}/{name or GENOME.name}")
        if not found:
            raise OrthrusError(
                f"{item}: ncbi: goes with an accession and its version, like"
                " ncbi:GCA_902655055.1, after which /sequence_report or /genomic.gff may follow"
            )
    else:
        place, _, name = item.removeprefix("https://").partition(f"{DATASETS}/")
        found = None if place else _NAME.fullmatch(name)
    return AssemblyFile(found[1], _KINDS[found[2]]) if found else None
