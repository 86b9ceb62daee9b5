"""Rough sizes of files, for planning without network."""

from __future__ import annotations

import re
from dataclasses import replace

from orthrus.sources import assemblies
from orthrus.sources.catalogue import Entry

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
