from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tasks_helpers import (
    gene_store,
    npz_arrays,
    processed_rows,
    transcript,
    write_lines,
    write_npz,
    write_processed,
)

from orthrus import schemas
from orthrus.errors import OrthrusError
from orthrus.evaluate import external_embeddings
from orthrus.files import sha256
from orthrus.tasks.build import TaskSources, build

SPECIES = "Homo simulatus"


def test_regression(tmp_path: Path) -> None:
    path = write_processed(tmp_path / "a.parquet", processed_rows(4))
    frame, facts = build("rnahl-human", TaskSources([path], species=SPECIES))
    schemas.check(frame, schemas.TASK)
    assert frame["transcript_id"].to_list() == [f"rnahl-human:{row}" for row in (1, 2, 3, 4)]
    assert frame["gene_id"].to_list() == [None, "ENSG00000000001", None, "ENSG00000000003"]
    assert frame["gene_name"].to_list() == ["Gene0", None, "Gene2", None]
    assert frame["target"].to_list() == [[0.0], [0.5], [1.0], [1.5]]
    assert facts["labels"] == ["value"]
    assert (facts["n"], facts["max_length"], facts["metric"]) == (4, 6, "pearson_r")
    assert facts["published"] == {"n": 12_968, "max_length": 12_288, "text_n": 10_432}
    assert facts["sources"] == {"a.parquet": {"sha256": sha256(path)}}


def test_transcript_column_names_the_rows(tmp_path: Path) -> None:
    path = write_processed(tmp_path / "a.parquet", processed_rows(2) | {"transcript": ["T1", "T2"]})
    assert build("rnahl-human", TaskSources([path], species=SPECIES))[0][
        "transcript_id"
    ].to_list() == [
        "T1",
        "T2",
    ]


def test_rows_without_gene_or_target_are_counted(tmp_path: Path) -> None:
    columns = processed_rows(5)
    columns["target"][1] = float("nan")
    columns["target"][2] = None
    columns["gene"][3] = ""
    path = write_processed(tmp_path / "a.parquet", columns)
    frame, facts = build("rnahl-human", TaskSources([path], species=SPECIES))
    assert frame["transcript_id"].to_list() == ["rnahl-human:1", "rnahl-human:5"]
    assert facts["dropped"] == {"unmatched": 0, "no_gene": 1, "missing_target": 2}
    assert facts["released"] == 5
    released = np.arange(10, dtype=np.float64).reshape(5, 2)
    np.savez(tmp_path / "rnahl-human_other.npz", embedding=released)
    file = external_embeddings.find(tmp_path, "rnahl-human")
    found = external_embeddings.read_external(file, frame["transcript_id"], facts["released"])
    np.testing.assert_array_equal(found, released[[0, 4]])


@pytest.mark.parametrize("value", ["inf", "-inf"])
def test_an_infinite_target_is_refused_by_name(tmp_path: Path, value: str) -> None:
    columns = processed_rows(5)
    columns["target"][3] = float(value)
    path = write_processed(tmp_path / "a.parquet", columns)
    with pytest.raises(OrthrusError, match=r"rnahl-human: the target of .*4.* is infinite"):
        build("rnahl-human", TaskSources([path], species=SPECIES))


def eclip_files(folder: Path, *, named: bool) -> list[Path]:
    columns = processed_rows(4)
    del columns["target"]
    if named:
        columns["transcript"] = [f"T{row}" for row in range(4)]
    first = columns | {"target_AQR": [1, 0, 0, 1], "target_QKI": [0, 0, 1, 0]}
    second = {name: values[:0:-1] for name, values in columns.items()} | {"target_AQR": [1, 1, 0]}
    return [
        write_processed(folder / "k562.parquet", first),
        write_processed(folder / "hepg2.parquet", second),
    ]


@pytest.mark.parametrize("named", [True, False])
def test_eclip_joins_two_lines(tmp_path: Path, named: bool) -> None:
    frame, facts = build("eclip", TaskSources(eclip_files(tmp_path, named=named), species=SPECIES))
    assert facts["labels"] == ["K562 AQR", "K562 QKI", "HepG2 AQR"]
    assert frame["gene_name"].to_list() == [None, "Gene2", None]
    assert frame["target"].to_list() == [[0, 0, 0], [0, 1, 1], [1, 0, 1]]
    assert facts["dropped"]["unmatched"] == 1


def test_eclip_keeps_the_most_frequent_labels(tmp_path: Path) -> None:
    columns = processed_rows(2)
    del columns["target"]
    columns |= {f"target_R{label}": [1, int(label % 2 == 0)] for label in range(40)}
    path = write_processed(tmp_path / "a.parquet", columns)
    _, facts = build("eclip", TaskSources([path, path], species=SPECIES))
    assert facts["labels"][:20] == [f"K562 R{label}" for label in range(0, 40, 2)]
    assert len(facts["labels"]) == 40


def test_copies_of_one_sequence_are_matched_in_order(tmp_path: Path) -> None:
    columns = {name: [values[0]] * 3 for name, values in processed_rows(1).items()}
    del columns["target"]
    first = write_processed(tmp_path / "a.parquet", columns | {"target_A": [1, 0, 1]})
    second = write_processed(tmp_path / "b.parquet", columns | {"target_A": [0, 1, 1]})
    frame, _ = build("eclip", TaskSources([first, second], species=SPECIES))
    assert frame["target"].to_list() == [[1, 0], [0, 1], [1, 1]]


def test_another_sequence_for_one_transcript(tmp_path: Path) -> None:
    first, second = eclip_files(tmp_path, named=True)
    changed = pl.read_parquet(second).with_columns(pl.col("sequence").str.replace_all("A", "C"))
    changed.write_parquet(second)
    with pytest.raises(OrthrusError, match=r"hepg2.parquet: transcript T1 has other codes than in"):
        build("eclip", TaskSources([first, second], species=SPECIES))


def test_wrong_number_of_files(tmp_path: Path) -> None:
    path = write_processed(tmp_path / "a.parquet", processed_rows())
    with pytest.raises(
        OrthrusError, match="task eclip: needs K562 and HepG2, in this order; 1 files"
    ):
        build("eclip", TaskSources([path], species=SPECIES))


def test_target_of_another_kind(tmp_path: Path) -> None:
    path = write_processed(tmp_path / "a.parquet", processed_rows())
    with pytest.raises(OrthrusError, match="in its source a target is neither 0 nor 1"):
        build("go-mf", TaskSources([path], species=SPECIES))
    lists = processed_rows(2) | {"target": [[0.0, 1.0]] * 2}
    path = write_processed(tmp_path / "b.parquet", lists)
    with pytest.raises(OrthrusError, match="is a regression, but its source has 2 targets per row"):
        build("mrl-sugimoto", TaskSources([path], species=SPECIES))


def test_no_row_left(tmp_path: Path) -> None:
    path = write_processed(tmp_path / "a.parquet", processed_rows(1) | {"gene": [""]})
    with pytest.raises(OrthrusError, match="no row has a gene and a target"):
        build("rnahl-human", TaskSources([path], species=SPECIES))


@pytest.fixture
def store(tmp_path: Path) -> Path:
    genes = [transcript("ENST00000000003.1", "ENSG00000000003.2", "TSPAN6", tags=["MANE_Select"])]
    return gene_store(tmp_path / "a.zarr", genes).path


def half_lives(folder: Path) -> Path:
    header = ("ensembl_gene_id", "external_gene_name", "human_PC1")
    return write_lines(folder / "hl.txt", header, ("ENSG00000000003", "TSPAN6", "8.7"))


def test_raw_labels_tell_where_they_come_from(tmp_path: Path, store: Path) -> None:
    place = tmp_path / "raw.githubusercontent.com/vagarwal87/saluki_paper/main/Fig2_S3"
    place.mkdir(parents=True)
    path = half_lives(tmp_path).rename(place / "all_HLs_human_PC1.txt")
    frame, facts = build("rnahl-human", TaskSources([path], store))
    assert frame["transcript_id"].to_list() == ["ENST00000000003.1"]
    assert facts["sources"] == {
        "all_HLs_human_PC1.txt": {
            "sha256": sha256(path), "source": "saluki.human.half_lives", "licence": "Apache-2.0"
        }
    }  # fmt: skip
    assert (facts["route"], facts["isoforms"]) == ("raw labels", "tags of the annotation")
    assert facts["species"] == "Homo sapiens"


def test_an_npz_release(tmp_path: Path) -> None:
    arrays = npz_arrays(3) | {"genes": np.array(["A", "", "B"])}
    frame, facts = build("rnahl-human", TaskSources([write_npz(tmp_path / "a.npz", **arrays)]))
    assert frame["gene_name"].to_list() == ["A", "B"]
    assert frame["target"].to_list() == [[0.0], [2.0]]
    assert (facts["dropped"]["no_gene"], facts["species"]) == (1, "Homo sapiens")


def test_a_task_without_published_processing_says_so(tmp_path: Path, store: Path) -> None:
    path = write_processed(tmp_path / "a.parquet", processed_rows())
    facts = build("mrl-sugimoto", TaskSources([path]))[1]
    assert facts["raw"] == "how the raw data were processed is unpublished"
    with pytest.raises(OrthrusError, match="eclip: how its raw data were processed is unpublished"):
        build("eclip", TaskSources([half_lives(tmp_path)] * 2, store))


def test_what_a_raw_route_lacks(tmp_path: Path, store: Path) -> None:
    path = half_lives(tmp_path)
    with pytest.raises(OrthrusError, match="its labels have no sequences; name the store"):
        build("rnahl-human", TaskSources([path]))
    with pytest.raises(
        OrthrusError, match=r"processed release, or an ontology .* and its annotations .* 1 files"
    ):
        build("go-mf", TaskSources([path], store))
    with pytest.raises(OrthrusError, match="cds-length: its labels have no sequences"):
        build("cds-length", TaskSources())
    with pytest.raises(OrthrusError, match=r"cds-length: comes from a store alone; .*hl.txt"):
        build("cds-length", TaskSources([path], store))


def test_appris_of_another_annotation(tmp_path: Path, store: Path) -> None:
    ranks = write_lines(tmp_path / "appris.txt", ("A", "1", "NM_1.1", "-", "PRINCIPAL:1"))
    with pytest.raises(OrthrusError, match=r"appris.txt: knows no transcript of .*a.zarr; take"):
        build("rnahl-human", TaskSources([half_lives(tmp_path)], store, ranks))


def test_species_of_store_and_task_differ(tmp_path: Path, store: Path) -> None:
    with pytest.raises(OrthrusError, match="holds transcripts of Homo sapiens, but the species is"):
        build("rnahl-human", TaskSources([half_lives(tmp_path)], store, species="Mus musculus"))


def test_a_species_that_nothing_tells(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "a.npz", **npz_arrays())
    with pytest.raises(OrthrusError, match="does not tell its species; name it with --species"):
        build("mrfp", TaskSources([path]))


@pytest.mark.parametrize("given_store", [True, False])
def test_an_unknown_name_of_a_release(tmp_path: Path, store: Path, given_store: bool) -> None:
    path = write_processed(tmp_path / "b.parquet", processed_rows())
    with pytest.raises(OrthrusError, match="'rnahl-humn' is unknown; did you mean 'rnahl-human'"):
        build("rnahl-humn", TaskSources([path], store if given_store else None))
