from __future__ import annotations

from pathlib import Path

import pytest
from sources_helpers import QUERY, UCSC, small_build

from orthrus.errors import OrthrusError
from orthrus.sources.build_plan import Needs, needs_of
from orthrus.sources.toga_queries import COLUMNS as QUERY_COLUMNS


def needs(folder: Path, header: tuple[str, ...] = QUERY_COLUMNS, **values: object) -> Needs:
    return Needs({"build": str(small_build(folder, header)), **values})


def test_every_file_is_listed_once_and_in_order(tmp_path: Path) -> None:
    found = needs(tmp_path)
    assert found.sources() == [
        "a.org/x",
        f"{UCSC}/canFam3/bigZips/canFam3.fa.gz",
        f"{UCSC}/ce11/bigZips/ce11.chrom.sizes",
        f"{UCSC}/ce11/bigZips/ce11.fa.gz",
        f"{UCSC}/ce11/database/ncbiRefSeq.txt.gz",
    ]
    assert [entry.path for entry in found.entries] == found.sources()


def test_genomes_of_queries_are_temporary_unless_kept(tmp_path: Path) -> None:
    path = f"{UCSC}/canFam3/bigZips/canFam3.fa.gz"
    made = needs(tmp_path)
    assert made.temporary_genomes == {path}
    assert path in made.sources()
    assert made.resource("ucsc.canFam3.genome") == f"resources/scratch/{path}"
    assert f"resources/scratch/.records/{path}.json" in made.records()
    kept = needs(tmp_path, toga={"keep_genomes": True})
    assert not kept.temporary_genomes
    assert kept.resource("ucsc.canFam3.genome") == f"resources/{path}"


def test_queries_of_chosen_species(tmp_path: Path) -> None:
    chosen = needs(tmp_path, toga={"species": ["Canis lupus"]})
    assert "canFam3.toga_hg38" in chosen.sets
    with pytest.raises(OrthrusError, match="no query of 'Canis lupis'; did you mean 'Canis lupus'"):
        _ = needs(tmp_path, toga={"species": ["Canis lupis"]}).sets


def test_a_list_of_queries_without_a_needed_column_is_refused(tmp_path: Path) -> None:
    message = r"queries\.tsv: is not a list of queries .*; its columns must be annotation_set, sp"
    with pytest.raises(OrthrusError, match=message):
        _ = needs(tmp_path, QUERY_COLUMNS[:-2]).sets


def listed(folder: Path, loss: str, **digests: str) -> None:
    """Replace the list of queries of `small_build` by one of a single query."""
    values = dict(zip(QUERY_COLUMNS, QUERY, strict=True)) | {"loss": loss} | digests
    lines = ("\t".join(values), "\t".join(values.values()))
    (folder / "queries.tsv").write_text("\n".join(lines) + "\n")


def test_digests_of_the_list_of_queries_pin_its_files(tmp_path: Path) -> None:
    found = needs(tmp_path)
    listed(tmp_path, "a.org/y", loss_md5="a" * 32)
    pins = {entry.path: (entry.checksum_kind, entry.checksum) for entry in found.entries}
    assert (pins["a.org/x"], pins["a.org/y"]) == (("unpinned", ""), ("md5", "a" * 32))


def test_a_query_without_loss_classes_goes_unless_some_are_chosen(tmp_path: Path) -> None:
    found = needs(tmp_path)
    chosen = needs(tmp_path, annotation={"toga": {"keep_classes": ["I"]}})
    listed(tmp_path, "")
    assert found.sets[QUERY[0]].files == {"orthology": "a.org/x"}
    message = r"keep_classes: canFam3.toga_hg38 have no loss classes \(1 of 1 queries\); set it to"
    with pytest.raises(OrthrusError, match=message):
        _ = chosen.sets


def test_config_applies_to_a_build_that_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    build = str(small_build(tmp_path))
    assert needs_of(build).lock == Path("results/mine/sources/sources.lock")
    config = "build: nonsense\nresults: there\nmirror: here\nresources: files\n"
    (tmp_path / "config.yaml").write_text(config)
    found = needs_of(build)
    assert (found.mirror, found.resources) == ("here", "files")
    assert found.lock == Path("there/mine/sources/sources.lock")
    assert needs_of(build, "https://a.org").mirror == "https://a.org"
    with pytest.raises(OrthrusError, match=r"nonsense.yaml does not exist"):
        needs_of()


def test_a_build_that_makes_its_sources(tmp_path: Path) -> None:
    made = needs(tmp_path, simulate={})
    assert made.mirror == "results/mine/mirror"
    assert needs(tmp_path, simulate={}, mirror="here").made_mirror == []
    assert needs(tmp_path).mirror is None
