from __future__ import annotations

import pytest

from orthrus.errors import OrthrusError
from orthrus.sources.assemblies import ANNOTATION, DATASETS, GENOME, REPORT, AssemblyFile, find
from orthrus.sources.catalogue import load

ACCESSION = "GCA_902655055.1"


@pytest.mark.parametrize(
    ("item", "kind"),
    [
        (f"ncbi:{ACCESSION}", GENOME),
        (f"ncbi:{ACCESSION}/genome.fna", GENOME),
        (f"ncbi:{ACCESSION}/sequence_report", REPORT),
        (f"ncbi:{ACCESSION}/genomic.gff", ANNOTATION),
        (f"{DATASETS}/{ACCESSION}/genome.fna", GENOME),
        (f"https://{DATASETS}/{ACCESSION}/sequence_report", REPORT),
    ],
)
def test_items(item: str, kind: object) -> None:
    assert find(item) == AssemblyFile(ACCESSION, kind)


@pytest.mark.parametrize(
    "item",
    [
        ACCESSION,
        "ucsc.hg38.genome",
        f"{DATASETS}/{ACCESSION}/genomic.gtf",
        f"{DATASETS}/GCA_902655055/genome.fna",
        f"mirror.org/{DATASETS}/{ACCESSION}/genome.fna",
    ],
)
def test_other_items(item: str) -> None:
    assert find(item) is None


@pytest.mark.parametrize(
    "item", ["ncbi:", "ncbi:GCA_902655055", "ncbi:GCX_902655055.1", f"ncbi:{ACCESSION}/x"]
)
def test_bad_items(item: str) -> None:
    with pytest.raises(OrthrusError, match=f"{item}: ncbi: goes with an accession and its version"):
        load().find(item)


def test_entries() -> None:
    entry = load().find(f"ncbi:{ACCESSION}/sequence_report")
    assert entry.path == f"{DATASETS}/{ACCESSION}/sequence_report"
    assert entry.url == (
        f"https://{DATASETS}/{ACCESSION}/download?include_annotation_type=SEQUENCE_REPORT"
    )
    assert entry.checksum_kind == "unpinned"
    assert load().find(entry.path) == entry
