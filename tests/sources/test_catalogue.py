from __future__ import annotations

from pathlib import Path

import pytest

from orthrus.errors import OrthrusError
from orthrus.sources.catalogue import CHECKSUM_KINDS, COLUMNS, Catalogue, adhoc, load, read

UCSC = "hgdownload.soe.ucsc.edu/goldenPath"


@pytest.fixture(scope="module")
def shipped() -> Catalogue:
    return load()


def row(**values: str) -> str:
    defaults = {"name": "x.y", "url": "https://x.org/y", "checksum_kind": "unpinned"} | values
    return "\t".join(defaults.get(column, "") for column in COLUMNS)


def table(folder: Path, *rows: str, header: str = "\t".join(COLUMNS)) -> Path:
    path = folder / "own.tsv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("ucsc.hg38.genome", f"{UCSC}/hg38/bigZips/hg38.fa.gz"),
        ("ucsc.hg38.chrom_sizes", f"{UCSC}/hg38/bigZips/hg38.chrom.sizes"),
        (
            "ucsc.hg38.wgEncodeGencodeBasicV43",
            f"{UCSC}/hg38/database/wgEncodeGencodeBasicV43.txt.gz",
        ),
        ("ucsc.mm10.wgEncodeGencodeTagVM23", f"{UCSC}/mm10/database/wgEncodeGencodeTagVM23.txt.gz"),
        ("ucsc.danRer11.ncbiRefSeq", f"{UCSC}/danRer11/database/ncbiRefSeq.txt.gz"),
        ("ucsc.monDom5.genome", f"{UCSC}/monDom5/bigZips/monDom5.fa.gz"),
        (
            "gencode.vM23.basic.gtf",
            "ftp.ebi.ac.uk/pub/databases/gencode/Gencode_mouse/release_M23"
            "/gencode.vM23.basic.annotation.gtf.gz",
        ),
        (
            "toga.mm10.overview",
            "genome.senckenberg.de/download/TOGA/mouse_mm10_reference/overview.table.tsv",
        ),
        ("biomart.human.paralogs", "www.ensembl.org/biomart/human_paralogs.tsv.gz"),
        ("biomart.simhum.paralogs", "www.ensembl.org/biomart/simhum_paralogs.tsv.gz"),
        (
            "simulated.eclip-k562",
            "huggingface.co/datasets/simulated/eclip/resolve/main/eclip-k562.parquet",
        ),
    ],
)
def test_shipped_names_lead_to_paths(shipped: Catalogue, name: str, path: str) -> None:
    assert shipped.find(name).path == path


def test_shipped_entries_are_well_formed(shipped: Catalogue) -> None:
    assert len({entry.path for entry in shipped.entries}) == len(shipped.entries)
    for entry in shipped.entries:
        assert entry.checksum_kind in CHECKSUM_KINDS
        assert entry.feeds in {"annotation", "transcripts", "relations", "tasks"}
        assert entry.version
        assert entry.licence


def test_ten_reference_species_have_genome_sizes_and_annotation(shipped: Catalogue) -> None:
    names = {entry.name for entry in shipped.entries}
    others = ["panTro6", "canFam4", "bosTau9", "rn6", "galGal6", "danRer11", "ce11", "dm6"]
    for assembly in ["hg38", "mm10", *others]:
        for what in ("genome", "chrom_sizes", "ncbiRefSeq", "refGene"):
            assert f"ucsc.{assembly}.{what}" in names


def test_entries_are_found_by_path_and_url(shipped: Catalogue) -> None:
    entry = shipped.find("ucsc.hg38.genome")
    assert shipped.find(entry.path) is entry
    assert shipped.find(entry.url) is entry
    assert shipped.find(shipped.find("biomart.human.paralogs").url).name == "biomart.human.paralogs"


@pytest.mark.parametrize(
    ("item", "kind", "checksum"),
    [
        (f"{UCSC}/HLx1/bigZips/HLx1.fa.gz", "md5sums", "md5sum.txt"),
        (f"https://{UCSC}/HLx1/bigZips/HLx1.2bit", "md5sums", "md5sum.txt"),
        (f"{UCSC}/HLx1/bigZips/md5sum.txt", "unpinned", ""),
        (f"{UCSC}/HLx1/bigZips/latest/HLx1.fa.gz", "unpinned", ""),
        (f"{UCSC}/HLx1/database/refGene.txt.gz", "unpinned", ""),
        ("ftp.ebi.ac.uk/pub/databases/gencode/G/release_44/g.gtf.gz", "md5sums", "MD5SUMS"),
        ("genome.senckenberg.de/download/TOGA/README.txt", "unpinned", ""),
    ],
)
def test_uncatalogued_files_follow_their_host(
    shipped: Catalogue, item: str, kind: str, checksum: str
) -> None:
    entry = shipped.find(item)
    assert (entry.checksum_kind, entry.checksum) == (kind, checksum)
    assert entry.path == item.removeprefix("https://")
    assert entry.url == f"https://{entry.path}"


def test_quoting_is_undone_in_paths_and_done_in_urls() -> None:
    assert adhoc("https://x.org/a%20b").path == "x.org/a b"
    assert adhoc("x.org/a b").url == "https://x.org/a%20b"


def test_siblings_lie_in_the_same_folder(shipped: Catalogue) -> None:
    sums = shipped.find("ucsc.hg38.genome").sibling("md5sum.txt")
    assert sums.path == f"{UCSC}/hg38/bigZips/md5sum.txt"
    assert sums.url == f"https://{sums.path}"
    assert sums.fallback_url == f"https://{sums.path.replace('hgdownload', 'hgdownload2')}"


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ("ucsc.hg38.genom", "did you mean 'ucsc.hg38.genome'"),
        ("zzz", "see `orthrus sources list`"),
        ("ncbi:GCA_902655055.1", "ncbi:GCA_902655055.1: .*mirror"),
        ("http://x.org/y", "must start with https://"),
        ("https://x.org/y?z=1", "a query needs a catalogue entry"),
        ("https://x.org/../../etc/passwd", "not a file's host/path"),
        ("x.org/a/../../b", "not a file's host/path"),
        ("x.org/folder/", "not a file's host/path"),
    ],
)
def test_bad_items(shipped: Catalogue, item: str, message: str) -> None:
    with pytest.raises(OrthrusError, match=message):
        shipped.find(item)


def test_own_catalogue_adds_entries(tmp_path: Path) -> None:
    assert load([table(tmp_path, row(name="my.file"))]).find("my.file").path == "x.org/y"


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (row(name=""), "own.tsv, line 2: name is empty"),
        (row(checksum_kind="crc"), "line 2: checksum_kind 'crc' is not"),
        (row(checksum_kind="md5"), "line 2: checksum_kind md5 goes ill with checksum ''"),
        (row(checksum="abc"), "line 2: checksum_kind unpinned goes ill with checksum 'abc'"),
        (row(path="../up"), "line 2: '../up' is not a file's host/path"),
        (row(url="ftp://x.org/y"), "line 2: the URL must start with https://"),
        ("too\tfew", "line 2: not 9 tab-separated fields"),
    ],
)
def test_bad_rows(tmp_path: Path, bad: str, message: str) -> None:
    with pytest.raises(OrthrusError, match=message):
        list(read(table(tmp_path, bad)))


def test_bad_header_and_double_names(tmp_path: Path) -> None:
    with pytest.raises(OrthrusError, match=r"own.tsv: the columns must be name, version"):
        list(read(table(tmp_path, header="name\turl")))
    with pytest.raises(OrthrusError, match=r"'ucsc.hg38.genome' is listed twice"):
        load([table(tmp_path, row(name="ucsc.hg38.genome"))])
