"""TOGA's `overview.table.tsv`: the queries of a reference and where their genomes come from."""

from __future__ import annotations

import re
from dataclasses import dataclass

from orthrus.errors import OrthrusError

HEADER = (
    "Species",
    "Common name",
    "Species Taxonomy ID",
    "Taxonomic Lineage",
    "Assembly name",
    "NCBI accession / source",
)
UCSC_GENOME = "https://hgdownload.soe.ucsc.edu/goldenPath/{0}/bigZips/{0}.fa.gz"
DNA_ZOO_GENOME = "https://genome.senckenberg.de/download/TOGA/MammalianDNAZooAssemblies/{0}.2bit"
_ACCESSION = re.compile(r"\bGC[AF]_\d{9}\.\d+")
_DNA_ZOO = re.compile(r"DNA ?Zoo", re.IGNORECASE)
_SEQUENCES = re.compile(r"https://\S+\.(2bit|(fa|fna|fasta)(\.gz)?)")


@dataclass(frozen=True)
class Row:
    """One query: species, names, NCBI taxon, lineage from the root, assembly, genome source."""

    species: str
    common_name: str
    taxon_id: int
    lineage: tuple[str, ...]
    assembly: str
    source: str

    @property
    def eutherian(self) -> bool:
        """Whether the query is a placental mammal."""
        return "Eutheria" in self.lineage

    @property
    def genome(self) -> str:
        """URL of the genome or `ncbi:<accession>`; empty when the source is not understood.

        TOGA's own server has the assemblies of DNA Zoo. Assemblies named by UCSC use UCSC's
        chromosome names, so their genome comes from there whatever the accession; those named by
        TOGA's authors start with `HL`. An accession without version could be another assembly's.
        """
        if _DNA_ZOO.search(self.source):
            return DNA_ZOO_GENOME.format(self.assembly)
        if _SEQUENCES.fullmatch(self.source):
            return self.source
        if not self.assembly.startswith("HL"):
            return UCSC_GENOME.format(self.assembly)
        accession = _ACCESSION.search(self.source)
        return f"ncbi:{accession.group()}" if accession else ""

    @property
    def aliases(self) -> str:
        """What tells the names of the genome's sequences; empty when annotations use them.

        TOGA names sequences of GenBank and RefSeq without version, or after the assembly.
        """
        return f"{self.genome}/sequence_report" if self.genome.startswith("ncbi:") else ""


def parse(text: str, where: str) -> list[Row]:
    """Read an overview table.

    Parameters
    ----------
    text
        Its content: tab-separated, with a header.
    where
        What to call it in messages.

    Raises
    ------
    OrthrusError
        A column is missing, a row is malformed or an assembly occurs twice; names the line.
    """
    header, *lines = (line.split("\t") for line in re.split("\r?\n|\r", text))
    if missing := [name for name in HEADER if name not in header]:
        raise OrthrusError(f"{where}: is not an overview table: it lacks the column {missing[0]!r}")
    rows: dict[str, Row] = {}
    for number, fields in enumerate(lines, start=2):
        if not any(fields):
            continue
        line = f"{where}, line {number}"
        values = dict(zip(header, fields, strict=False))
        row = _row([values.get(name, "").strip() for name in HEADER], line)
        if row.assembly in rows:
            raise OrthrusError(f"{line}: assembly {row.assembly!r} is listed twice")
        rows[row.assembly] = row
    return list(rows.values())


def _row(values: list[str], where: str) -> Row:
    species, common_name, taxon, lineage, assembly, source = values
    if not re.fullmatch("[0-9]{1,9}", taxon):
        raise OrthrusError(f"{where}: {HEADER[2]} {taxon!r} is not a number")
    if not species or not re.fullmatch(r"[\w.-]+", assembly):
        raise OrthrusError(f"{where}: no species, or assembly name {assembly!r} is not one")
    clades = tuple(clade.strip() for clade in re.split("[;,]", lineage))
    return Row(species, common_name, int(taxon), clades, assembly, source)
