from __future__ import annotations

from dataclasses import replace

import pytest
from sources_helpers import entry

from orthrus.sources import availability
from orthrus.sources.catalogue import load

GENOME = "ncbi:GCA_902655055.1"


def test_what_the_catalogue_says_counts() -> None:
    known = load().find("ucsc.ce11.genome")
    assert known.megabytes
    assert availability.sized(known) is known
    assert availability.transfer(known) == known.megabytes * 10**6


@pytest.mark.parametrize(
    ("item", "megabytes"),
    [
        (GENOME, 850),
        (f"{GENOME}/sequence_report", 10),
        (f"{GENOME}/genomic.gff", 50),
        ("hgdownload.soe.ucsc.edu/goldenPath/felCat8/bigZips/felCat8.fa.gz", 850),
        ("genome.senckenberg.de/download/TOGA/MammalianDNAZooAssemblies/HLequQua1.2bit", 720),
        ("a.org/x/geneAnnotation.bed.gz", 5),
        ("a.org/x/query_annotation.bed.gz", 5),
        ("a.org/x/loss_summ_data.tsv.gz", 1),
        ("a.org/x/unheard.of", 0),
    ],
)
def test_other_files_are_as_large_as_their_kind(item: str, megabytes: int) -> None:
    assert availability.sized(load().find(item)).megabytes == megabytes


def test_files_of_ncbi_are_unpacked() -> None:
    catalogue = load()
    assert availability.on_disk(catalogue.find(GENOME), 1000) == 3300
    assert availability.on_disk(catalogue.find(f"{GENOME}/genomic.gff"), 1000) == 20_000
    assert availability.on_disk(catalogue.find(f"{GENOME}/sequence_report"), 1000) == 1000
    assert availability.on_disk(replace(entry("a.org/x.fa.gz"), megabytes=1), 1000) == 1000
