"""The quality of pairs, against enumeration."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import relations_oracle as oracle
from relations_helpers import relations_of, transcript, write_world
from scipy.stats import chisquare
from typer.testing import CliRunner

from orthrus import schemas
from orthrus.config.relations import GroupSettings, PairSettings
from orthrus.errors import OrthrusError
from orthrus.relations import pair_quality
from orthrus.relations.build import build_relations
from orthrus.relations.cli import app

CODING = {"mature_cds_start": 10, "mature_cds_end": 70, "gene_name": "A"}
WORLD = [
    transcript("hg38.a", "1", length=100, **CODING),
    transcript("hg38.a", "2", length=4000, **CODING),
    transcript("hg38.a", "3", length=200, gene_name="A"),
    transcript("mm10.a", "4", length=13_000, **CODING),
    transcript("mm10.a", "5", gene_name="B"),
    *(
        transcript(
            "canFam4.toga_hg38", str(n), reference_transcript="1", length=50,
            mature_cds_start=0, mature_cds_end=50,
        )
        for n in range(3)
    ),
]  # fmt: skip


@pytest.mark.parametrize("kind", ["splice", "naive", "ortholog"])
def test_draws_are_uniform_over_all_pairs(kind: str) -> None:
    drawing = PairSettings(sample=20_000)
    total, base, partner = pair_quality.draw_pairs(relations_of(WORLD), kind, drawing)
    every = oracle.pairs(WORLD, ("splice", "naive", "ortholog"))
    pairs = {(base, row) for base, found in every.items() for name, row in found if name == kind}
    drawn = Counter(zip(base.tolist(), partner.tolist(), strict=True))
    assert total == len(pairs)
    assert set(drawn) == pairs
    assert chisquare(list(drawn.values())).pvalue > 1e-3


@pytest.fixture
def made(tmp_path: Path) -> tuple[Path, list[Path]]:
    stores = write_world(tmp_path, WORLD)
    build_relations(stores, tmp_path / "relations", GroupSettings())
    return tmp_path / "relations", stores


def test_measures(made: tuple[Path, list[Path]], tmp_path: Path) -> None:
    table = pair_quality.measure_pairs(*made, tmp_path / "q.parquet", PairSettings(sample=4000))
    assert schemas.read_table(tmp_path / "q.parquet", schemas.PAIR_QUALITY).equals(table)
    rows = {row["kind"]: row for row in table.iter_rows(named=True)}
    assert [row["pairs"] for row in rows.values()] == [6, 6, 12]

    splice = rows["splice"]  # 100, 4000 and 200 nt: two of three pairs hold the long one
    assert splice["too_long_for_short"] == pytest.approx(2 / 3, abs=0.05)
    assert splice["too_long"] == 0
    assert splice["length_ratio_median"] == pytest.approx(200 / 4000)
    assert splice["one_without_utr"] == 0
    assert splice["base_utr5_median"] == splice["partner_utr5_median"] == 10

    assert rows["naive"]["too_long"] == 1
    ortholog = rows["ortholog"]  # the non-coding base counts for lengths alone
    assert ortholog["too_long_for_short"] == pytest.approx(0.5, abs=0.05)
    assert ortholog["partner_without_utr"] == ortholog["one_without_utr"] == 1
    assert (ortholog["base_utr5_median"], ortholog["partner_utr3_median"]) == (10, 0)
    assert ortholog["length_ratio_q95"] == 0.5


def test_command(made: tuple[Path, list[Path]], tmp_path: Path) -> None:
    folder, stores = made
    for name in ("one", "two"):
        path = tmp_path / f"{name}.parquet"
        command = ["qc", str(folder), *map(str, stores), "-o", str(path), "--set", "sample=50"]
        result = CliRunner().invoke(app, command)
        assert result.exit_code == 0
    assert result.stdout.splitlines()[:3] == [
        "kind\tsplice\tnaive\tortholog", "pairs\t6\t6\t12", "sampled\t50\t50\t50",
    ]  # fmt: skip
    assert (tmp_path / "one.parquet").read_bytes() == path.read_bytes()


def test_drawn_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    pair_quality.print_quality(pl.DataFrame({"kind": ["splice"], "pairs": [7], "too_long": [0.25]}))
    assert "0.25" in capsys.readouterr().out


def test_kinds_without_pairs_and_other_stores(tmp_path: Path) -> None:
    stores = write_world(tmp_path, [transcript("hg38.a", "t"), transcript("mm10.a", "u")])
    build_relations(stores, tmp_path / "relations", GroupSettings())
    path = tmp_path / "q.parquet"
    table = pair_quality.measure_pairs(tmp_path / "relations", stores, path, PairSettings())
    assert table["pairs"].to_list() == table["sampled"].to_list() == [0, 0, 0]
    assert table["too_long"].null_count() == 3
    with pytest.raises(OrthrusError, match="was built from other stores"):
        pair_quality.measure_pairs(tmp_path / "relations", stores[:1], path, PairSettings())


def test_draws_depend_on_the_seed() -> None:
    relations = relations_of(WORLD)
    draws = [
        pair_quality.draw_pairs(relations, "splice", PairSettings(seed=seed))[1]
        for seed in (0, 0, 1)
    ]
    assert np.array_equal(draws[0], draws[1])
    assert not np.array_equal(draws[0], draws[2])
