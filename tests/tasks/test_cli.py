from __future__ import annotations

from pathlib import Path

import pytest
from tasks_helpers import (
    gene_store,
    npz_arrays,
    processed_rows,
    transcript,
    write_npz,
    write_processed,
)
from typer.testing import CliRunner

from orthrus import schemas
from orthrus.errors import OrthrusError
from orthrus.files import read_json
from orthrus.tasks.cli import app


def run(*arguments: str | Path) -> str:
    words = [str(argument) for argument in arguments]
    result = CliRunner().invoke(app, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stderr


def build_processed(source: Path, output: Path) -> str:
    return run("build", "rnahl-human", source, "--species", "Homo simulatus", "-o", output)


def test_build_writes_table_and_facts(tmp_path: Path) -> None:
    source = write_processed(tmp_path / "a.parquet", processed_rows())
    build_processed(source, tmp_path / "out/rnahl-human.parquet")
    assert schemas.read_table(tmp_path / "out/rnahl-human.parquet", schemas.TASK).height == 4
    assert read_json(tmp_path / "out/rnahl-human.json")["title"] == "RNA half-life, human"


def test_same_input_same_bytes(tmp_path: Path) -> None:
    source = write_processed(tmp_path / "a.parquet", processed_rows())
    for folder in ("one", "two"):
        build_processed(source, tmp_path / folder / "t.parquet")
    for name in ("t.parquet", "t.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


@pytest.fixture
def store(tmp_path: Path) -> Path:
    genes = [transcript(f"ENST{at:011}.1", f"ENSG{at:011}.2", f"Sym{at}") for at in range(20)]
    return gene_store(tmp_path / "a.zarr", genes).path


def test_an_own_task_says_what_it_took_the_labels_for(tmp_path: Path, store: Path) -> None:
    lines = [f"sym{at},{at / 8},x" for at in range(10)]
    (tmp_path / "own.csv").write_text("\n".join(["gene,decay,note", *lines, "none,1,y", ""]))
    chosen = ("--set", "custom.labels=[decay]")
    said = run(
        "add", tmp_path / "own.csv", "--store", store, "-o", tmp_path / "my.parquet", *chosen
    )
    assert "my.parquet: 10 transcripts, regression, 1 label\n" in said
    assert "its identifiers are those of symbols" in said
    assert "left out 1 unmatched, e.g. none" in said
    assert read_json(tmp_path / "my.json")["name"] == "my"

    run("build", "taken_over", tmp_path / "my.parquet", "-o", tmp_path / "b.parquet")
    assert (tmp_path / "b.parquet").read_bytes() == (tmp_path / "my.parquet").read_bytes()
    facts = read_json(tmp_path / "my.json")
    assert read_json(tmp_path / "b.json") == facts | {"name": "taken_over"}


def test_an_own_task_is_not_named_as_a_benchmark(tmp_path: Path, store: Path) -> None:
    with pytest.raises(OrthrusError, match="go-mf is a benchmark task; name yours otherwise"):
        run("add", tmp_path / "a.csv", "--store", store, "-o", tmp_path / "go-mf.parquet")


def test_an_own_task_is_named_as_parquet(tmp_path: Path, store: Path) -> None:
    with pytest.raises(OrthrusError, match=r"x\.csv: its suffix .*; name it \.parquet$"):
        run("add", tmp_path / "a.csv", "--store", store, "-o", tmp_path / "x.csv")


def test_the_reporter_of_the_first_paper_is_split_at_random(tmp_path: Path) -> None:
    source = write_npz(tmp_path / "mrfp.npz", **npz_arrays(20, 40) | {"genes": None})
    task = tmp_path / "mrfp.parquet"
    said = run("build", "mrfp", source, "--species", "Escherichia coli", "-o", task)
    assert "all rows are variants of one gene: only a random split can part them" in said
    run("split", task, "-o", tmp_path / "splits.parquet", "--set", "seeds=[1]")
    made = schemas.read_table(tmp_path / "splits.parquet", schemas.SPLITS)
    assert set(made["gene_id"]) == set(schemas.read_table(task, schemas.TASK)["gene_id"])
    assert made["group"].n_unique() == made.height == 20


def test_a_probe_of_structure_needs_a_store_alone(tmp_path: Path, store: Path) -> None:
    run("build", "cds-length", "--store", store, "-o", tmp_path / "cds.parquet")
    facts = read_json(tmp_path / "cds.json")
    assert (facts["n"], facts["sources"]) == (20, {})
    assert facts["store"]["annotation_set"] == "hg38.test"


def test_decimal_commas_are_an_option(tmp_path: Path, store: Path) -> None:
    lines = [f"sym{at};{at},5" for at in range(10)]
    (tmp_path / "own.csv").write_text("\n".join(["gene;decay", *lines, ""]))
    command = ("add", tmp_path / "own.csv", "--store", store, "-o", tmp_path / "my.parquet")
    with pytest.raises(OrthrusError, match=r"own.csv: line 2: '0,5' in column 'decay' has a dec"):
        run(*command)
    assert "regression" in run(*command, "--decimal", ",")
    table = schemas.read_table(tmp_path / "my.parquet", schemas.TASK)
    assert table["target"].list.first().sort().to_list() == [at + 0.5 for at in range(10)]
