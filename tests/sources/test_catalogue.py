from __future__ import annotations

from pathlib import Path

import pytest

from orthrus.errors import OrthrusError
from orthrus.sources.catalogue import CHECKSUM_KINDS, COLUMNS, Catalogue, adhoc, load, read_entries

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
        ("hpa.subcellular_location", "www.proteinatlas.org/download/tsv/subcellular_location.tsv"),
        (
            "zenodo.14708163.rna_hl_human",
            "zenodo.org/records/14708163/files/rna_hl_human.npz",
        ),
        (
            "weights.orthrus-mlm-6-track.config",
            "huggingface.co/antichronology/orthrus-mlm-6-track/resolve"
            "/5f0dc87d51065035fc28e71972c69f9c84f4deae/config.json",
        ),
        (
            "saluki.mouse.half_lives",
            "raw.githubusercontent.com/vagarwal87/saluki_paper/main/Fig2_S3/all_HLs_mouse_PC1.txt",
        ),
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
        assert entry.used_by in {"annotation", "transcripts", "relations", "tasks", "evaluate"}
        assert entry.version
        assert entry.licence


def test_ten_reference_species_have_genome_sizes_and_annotation(shipped: Catalogue) -> None:
    names = {entry.name for entry in shipped.entries}
    others = ["panTro6", "canFam4", "bosTau9", "rn6", "galGal6", "danRer11", "ce11", "dm6"]
    for assembly in ["hg38", "mm10", *others]:
        for what in ("genome", "twobit", "chrom_sizes", "chromAlias", "ncbiRefSeq", "refGene"):
            assert f"ucsc.{assembly}.{what}" in names


@pytest.mark.parametrize(("assembly", "release"), [("hg38", "V43"), ("mm10", "VM23")])
def test_gencode_releases_are_complete(shipped: Catalogue, assembly: str, release: str) -> None:
    names = {entry.name for entry in shipped.entries}
    for what in ("Basic", "Comp", "Attrs", "Tag", "TranscriptionSupportLevel"):
        assert f"ucsc.{assembly}.wgEncodeGencode{what}{release}" in names
    for what in ("comprehensive", "basic", "primary_assembly", "chr_patch_hapl_scaff"):
        for form in ("gtf", "gff3"):
            assert f"gencode.{release.replace('V', 'v')}.{what}.{form}" in names


def test_every_species_with_pairs_has_paralogs_with_both_identities(shipped: Catalogue) -> None:
    for species, dataset in {
        "human": "hsapiens",
        "mouse": "mmusculus",
        "rat": "rnorvegicus",
        "chimp": "ptroglodytes",
        "dog": "clfamiliaris",
        "cow": "btaurus",
        "chicken": "ggallus",
        "zebrafish": "drerio",
        "worm": "celegans",
        "fly": "dmelanogaster",
    }.items():
        url = shipped.find(f"biomart.{species}.paralogs").url
        for attribute in ("ensembl_gene", "perc_id", "perc_id_r1"):
            assert f"{dataset}_paralog_{attribute}," in url
        assert url.startswith("https://feb2023.archive.ensembl.org/")


def test_seven_published_models_have_their_files(shipped: Catalogue) -> None:
    weights = [e for e in shipped.entries if e.name.startswith("weights.orthrus-")]
    repositories = {"/".join(entry.path.split("/")[1:3]) for entry in weights}
    assert len(repositories) == 7
    assert len(weights) == 7 * 3
    assert {entry.url.rpartition("/")[2] for entry in weights} == {
        *("config.json", "model.safetensors", "pytorch_model.bin")
    }


def test_archive_of_saluki_is_pinned(shipped: Catalogue) -> None:
    entry = shipped.find("zenodo.6326409.datasets")
    assert (entry.checksum_kind, entry.checksum) == ("md5", "45f0d6bd3857eb19e04eb5be2bb47451")
    assert entry.url == "https://zenodo.org/api/records/6326409/files/datasets.zip/content"
    assert entry.path == "zenodo.org/records/6326409/files/datasets.zip"


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
        ("ncbi:GCA_902655055", "an accession and its version"),
        ("http://x.org/y", "must start with https://"),
        ("https://x.org/y?z=1", "a query or a fragment needs a catalogue entry"),
        ("https://x.org/all.zip#one", "a query or a fragment needs a catalogue entry"),
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
        (row(checksum_kind="md5"), "line 2: checksum_kind md5 is incompatible with checksum ''"),
        (row(checksum="abc"), "line 2: checksum_kind unpinned is incompatible with checksum 'abc'"),
        (row(megabytes="1.5"), "line 2: megabytes '1.5' is not a whole number"),
        (row(url="https://[::1/x"), "line 2: the URL is no address"),
        (row(path="../up"), "line 2: '../up' is not a file's host/path"),
        (row(url="ftp://x.org/y"), "line 2: the URL must start with https://"),
        ("too\tfew", "line 2: not 11 tab-separated fields"),
    ],
)
def test_bad_rows(tmp_path: Path, bad: str, message: str) -> None:
    with pytest.raises(OrthrusError, match=message):
        list(read_entries(table(tmp_path, bad)))


def test_bad_header_and_double_names(tmp_path: Path) -> None:
    with pytest.raises(OrthrusError, match=r"own.tsv: is not a catalogue; its columns must be"):
        list(read_entries(table(tmp_path, header="name\turl")))
    more = "\t".join((*COLUMNS, "more"))
    with pytest.raises(OrthrusError, match=r"own.tsv: the columns must be name, .* and no others"):
        list(read_entries(table(tmp_path, f"{row()}\tx", header=more)))
    with pytest.raises(OrthrusError, match=r"'ucsc.hg38.genome' is listed twice"):
        load([table(tmp_path, row(name="ucsc.hg38.genome"))])


@pytest.mark.parametrize("species", ["human", "mouse"])
def test_a_name_that_was_inferred_is_noted(shipped: Catalogue, species: str) -> None:
    assert "name was inferred" in shipped.find(f"huggingface.rnahl-{species}").note
