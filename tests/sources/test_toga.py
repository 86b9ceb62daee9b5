from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest
from sources_helpers import QUICK, serving
from sources_toga_helpers import NEWER, OLDER, Listed, digest, listed, write_mirror

from orthrus.sources.backends import FolderMirror, Origin, origin
from orthrus.sources.catalogue import load
from orthrus.sources.toga import COLUMNS, ROOT, Query, resolve, write
from orthrus.sources.toga_overview import HEADER
from orthrus.sources.transfer import Client

ALL = QUICK.model_copy(update={"eutheria_only": False})
EUTHERIA = "Mammalia; Theria; Eutheria"
OLDER_READ = ("geneAnnotation.bed.gz", "orthologsClassification.tsv.gz", "loss_summ_data.tsv.gz")
NEWER_READ = ("query_annotation.bed.gz", "orthology_classification.tsv.gz")


@pytest.fixture
def real(real_data: Path) -> Origin:
    return FolderMirror(real_data / "mirror")


def clade(root: Path, *queries: tuple[str, str, str, tuple[str, ...]]) -> Origin:
    """A mirror whose queries are (lineage, assembly, folder, names of files)."""
    place = root / ROOT / "ref"
    for other in ("Matrix", "MultipleCodonAlignments", "hg38_chains"):
        (place / other / "A_b__b__HLa").mkdir(parents=True)
    lines = ["\t".join(HEADER)]
    for lineage, assembly, folder, names in queries:
        lines.append(f"A b\tb\t1\t{lineage}\t{assembly}\tGCA_902655055.1")
        (place / folder).mkdir(parents=True, exist_ok=True)
        for name in names:
            (place / folder / name).touch()
    (place / "overview.table.tsv").write_text("\n".join(lines) + "\n")
    return FolderMirror(root)


def test_real_queries(real: Origin) -> None:
    found = resolve(real, "human_hg38_reference", "hg38", QUICK)
    assemblies = ["bosTau8", "canFam3", "mm10", "rheMac3", "rn6"]
    assert [query.annotation_set for query in found] == [f"{a}.toga_hg38" for a in assemblies]
    folder = f"https://{ROOT}/human_hg38_reference/Primates/Macaca_mulatta__Rhesus_monkey__rheMac3"
    assert found[3] == Query(
        "rheMac3.toga_hg38",
        "rheMac3",
        "Macaca mulatta",
        "Rhesus monkey",
        9544,
        "Primates",
        "hg38",
        "https://hgdownload.soe.ucsc.edu/goldenPath/rheMac3/bigZips/rheMac3.fa.gz",
        "",
        *(f"{folder}/{name}" for name in OLDER_READ),
        *("", "", ""),
    )


def test_real_queries_beyond_eutheria(real: Origin) -> None:
    found = resolve(real, "human_hg38_reference", "hg38", ALL)
    assert {query.assembly: query.order for query in found} == {
        "bosTau8": "Ruminantia",
        "canFam3": "Carnivora",
        "galGal4": "Galliformes",
        "mm10": "Rodentia",
        "monDom5": "Metatheria",
        "rheMac3": "Primates",
        "rn6": "Rodentia",
    }


def test_real_queries_over_http(real_data: Path, real: Origin, client: Client) -> None:
    with serving(real_data / "mirror") as server:
        web = origin(server.url, client)
        found = resolve(web, "human_hg38_reference", "hg38", ALL)
    assert found == resolve(real, "human_hg38_reference", "hg38", ALL)


def test_every_url_can_be_fetched(real_data: Path, real: Origin) -> None:
    catalogue = load()
    for query in resolve(real, "human_hg38_reference", "hg38", ALL):
        for url in (query.genome, query.bed, query.orthology, query.loss):
            assert (real_data / "mirror" / catalogue.find(url).path).is_file()


def test_reference_without_queries(real: Origin) -> None:
    assert resolve(real, "mouse_mm10_reference", "mm10", QUICK) == []


def test_both_file_sets_and_odd_names(tmp_path: Path) -> None:
    mirror = clade(
        tmp_path,
        (f"{EUTHERIA}; Primates", "HLa", "Primates/Cebus_capucinus_imitator__-__HLa", OLDER),
        (f"{EUTHERIA}; Rodentia", "HLb", "Rodentia/A_b__Baird's_b__HLb", NEWER),
        (f"{EUTHERIA}; Rodentia", "HLc", "Rodentia/A_b__b__HLc", (*NEWER, OLDER_READ[2])),
    )
    first, second, third = resolve(mirror, "ref", "hg38", QUICK)
    assert first.bed.endswith("/Primates/Cebus_capucinus_imitator__-__HLa/geneAnnotation.bed.gz")
    assert second.bed.endswith("/Rodentia/A_b__Baird%27s_b__HLb/query_annotation.bed.gz")
    assert second.orthology.endswith("/orthology_classification.tsv.gz")
    assert second.loss == ""
    assert third.loss.endswith("/Rodentia/A_b__b__HLc/loss_summ_data.tsv.gz")
    assert first.genome == "ncbi:GCA_902655055.1"
    assert first.aliases == "ncbi:GCA_902655055.1/sequence_report"


def test_published_digests_are_taken_where_they_can_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = [f"Rodentia/A_b__Baird's_b__{name}" for name in ("HLa", "HLb", "HLc")]
    mirror = clade(
        tmp_path,
        *((f"{EUTHERIA}; Rodentia", folder[-3:], folder, NEWER) for folder in folders),
    )
    place = tmp_path / ROOT / "ref"
    sums = f"{'1' * 32}  ./a/query_annotation.bed.gz\n{'2' * 32} *prot.fasta.gz\n"
    (place / folders[0] / "A_b__Baird's_b__HLa.md5.txt").write_text(sums)
    (place / folders[1] / "A_b__Baird's_b__HLb.md5.txt").write_text("<html>")
    first, *others = resolve(mirror, "ref", "hg38", QUICK)
    assert (first.bed_md5, first.orthology_md5, first.loss_md5) == ("1" * 32, "", "")
    assert {query.bed_md5 for query in others} == {""}
    assert capsys.readouterr().err == (
        f"{ROOT}/ref/{folders[1]}/A_b__Baird's_b__HLb.md5.txt, line 1: not an MD5 and a file name:"
        " the files of this query stay unpinned\n"
    )


def test_several_folders_are_told_apart_by_the_lineage(tmp_path: Path) -> None:
    mirror = clade(
        tmp_path,
        (f"{EUTHERIA}; Suina", "HLa", "Suina/A_b__b__HLa", OLDER),
        (f"{EUTHERIA}; Tylopoda", "HLb", "Tylopoda/A_b__b__HLa", OLDER),
    )
    assert [query.order for query in resolve(mirror, "ref", "hg38", QUICK)] == ["Suina"]


def test_what_is_left_out_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mirror = clade(
        tmp_path,
        (f"{EUTHERIA}; Suina", "HLa", "Suina/A_b__b__other", ()),
        (f"{EUTHERIA}; Suina", "HLb", "Suina/A_b__b__HLb", OLDER_READ[:2]),
        (f"{EUTHERIA}; Suina", "HLc", "Suina/A_b__b__HLc", OLDER),
        (f"{EUTHERIA}; Suina", "HLd", "Suina/A_b__b__HLd", OLDER),
    )
    (tmp_path / ROOT / "ref/Suina/A_b__c__HLd").mkdir()
    assert [query.assembly for query in resolve(mirror, "ref", "hg38", QUICK)] == ["HLc"]
    assert capsys.readouterr().err == (
        "ref: 3 of 4 queries left out: HLa (no folder), HLb (no complete set of files),"
        " HLd (several folders)\n"
    )


def expected(rows: list[Listed], assembly: str) -> list[Query]:
    """The queries that a list of rows has to give."""
    queries = []
    for row in rows:
        if row.eutherian and row.bed and row.genome:
            bed = f"https://{quote(row.bed)}"
            folder, _, name = bed.rpartition("/")
            newer = name == NEWER_READ[0]
            names = NEWER_READ if newer else OLDER_READ
            digests = [digest(row.assembly + name) if newer else "" for name in names]
            aliases = f"{row.genome}/sequence_report" if row.genome.startswith("ncbi:") else ""
            queries.append(
                Query(
                    f"{row.assembly}.toga_{assembly}",
                    row.assembly,
                    row.species,
                    row.common_name,
                    row.taxon_id,
                    row.order,
                    assembly,
                    row.genome,
                    aliases,
                    *(f"{folder}/{name}" for name in names),
                    *([""] if newer else []),
                    *digests,
                    *([""] if newer else []),
                )
            )
    return sorted(queries)


@pytest.mark.parametrize(
    ("reference", "assembly", "size", "over"),
    [
        ("human_hg38_reference", "hg38", 528, "http"),
        ("mouse_mm10_reference", "mm10", 527, "folder"),
    ],
)
def test_every_query_of_a_whole_reference(
    tmp_path: Path,
    client: Client,
    capsys: pytest.CaptureFixture[str],
    reference: str,
    assembly: str,
    size: int,
    over: str,
) -> None:
    rows = listed(reference, size)
    write_mirror(tmp_path, reference, rows)
    with serving(tmp_path) as server:
        place = str(tmp_path) if over == "folder" else server.url
        found = resolve(origin(place, client), reference, assembly, QUICK)
    assert found == expected(rows, assembly)
    assert len(found) > 480
    placental = [row for row in rows if row.eutherian]
    lost = [row for row in placental if not row.bed or not row.genome]
    told = capsys.readouterr().err.splitlines()
    assert told[0] == (
        f"{reference}: {size - len(placental)} of {size} queries are not of the Eutheria"
    )
    assert told[1].startswith(f"{reference}: {len(lost)} of {len(placental)} queries left out: ")
    for row in lost:
        reason = "genome source 'by courtesy of a colleague'" if row.bed else "no folder"
        assert f"{row.assembly} ({reason})" in told[1]


def test_the_rows_of_that_test_are_as_odd_as_the_real_ones() -> None:
    rows = listed("human_hg38_reference", 528)
    assert len({row.assembly for row in rows}) == 528
    assert len({row.species for row in rows}) < 528
    assert any(row.species.count(" ") == 2 for row in rows)
    assert any(row.common_name == "-" for row in rows)
    assert {row.bed.rpartition("/")[2] for row in rows} == {"", OLDER[0], NEWER[0]}
    assert {row.order for row in rows if not row.eutherian} == {"Metatheria", "Prototheria"}
    assert {row.genome.split("/")[0].split("_")[0] for row in rows} == {
        *("", "https:", "ncbi:GCA", "ncbi:GCF")
    }


def test_written_table_is_sorted(real: Origin, tmp_path: Path) -> None:
    found = resolve(real, "human_hg38_reference", "hg38", QUICK)
    write(reversed(found), tmp_path / "queries.tsv")
    lines = (tmp_path / "queries.tsv").read_text().splitlines()
    assert lines[0] == "\t".join(COLUMNS)
    assert lines[1].startswith(
        "bosTau8.toga_hg38\tbosTau8\tBos taurus\tcow\t9913\tRuminantia\thg38"
    )
    assert lines[1:] == sorted(lines[1:])
