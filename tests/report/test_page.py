from __future__ import annotations

import re
import shutil
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from report_helpers import (
    BIOTYPES,
    MODELS,
    write_data,
    write_evaluation,
    write_models,
    write_read_model,
)
from typer.testing import CliRunner

from orthrus.benchmark_tasks import TASKS
from orthrus.config.report import ReportSettings
from orthrus.files import read_json, write_json
from orthrus.report.cli import app
from orthrus.report.load_results import collect
from orthrus.report.page import page, short


@pytest.fixture(scope="module")
def html(folder: Path) -> str:
    return page(collect(folder), ReportSettings(title="A <build>"))


def anchors(html: str) -> list[str]:
    return re.findall(r'<section id="([^"]*)"', html)


def test_all_sections_are_there_and_in_the_navigation(html: str) -> None:
    expected = [
        "data", "pretraining", "benchmarks", "paper", "finetuning", "comparison-homology",
        "structure", "maps",
    ]  # fmt: skip
    assert anchors(html) == expected
    assert re.findall(r'<a href="#([^"]*)"', html) == expected


def test_figures_have_captions_and_are_well_formed(html: str) -> None:
    figures = re.findall(r"<figure>.*?</figure>", html, re.DOTALL)
    assert len(figures) == 1 + 1 + 1 + 2 + 2 * 3 + 3
    for figure in figures:
        svg = re.search(r"<svg.*</svg>", figure, re.DOTALL)
        assert svg
        assert ElementTree.fromstring(svg[0]).attrib["role"] == "img"
        assert re.search(r"<figcaption>[^<]*paper[^<]*</figcaption>", figure)


def test_identifiers_are_unique_and_references_resolve(html: str) -> None:
    identifiers = re.findall(r'\sid="([^"]*)"', html)
    assert len(identifiers) == len(set(identifiers))
    references = re.findall(r'(?:href="#|url\(#)([^")]*)', html)
    assert set(references) <= set(identifiers)


def test_nothing_is_fetched_and_no_date_is_told(html: str) -> None:
    assert not re.findall(r'(?:src|href)="(?!#|data:)[^"]*"', html)
    assert "<script" not in html
    assert "dc:date" not in html


def test_words_say_who_wins_and_what_is_missing(html: str) -> None:
    words = re.findall(r'<p class="words">([^<]*)</p>', html)
    assert words[0].startswith("No baseline of plain sequence features")
    assert words[1].startswith("Data and splits may differ")
    assert words[2].startswith("contrastive has the highest mean Z-score (+")
    assert "Not trained here, so without a curve: untrained." in html


def test_a_baseline_is_told_of(tmp_path: Path) -> None:
    write_models(tmp_path)
    write_evaluation(tmp_path, baselines=["kmers"])
    html = page(collect(tmp_path), ReportSettings())
    assert "No baseline of plain sequence features" not in html
    assert "kmers, not a model of this build, scores above contrastive on" in html


def test_what_was_not_made_has_no_section(tmp_path: Path) -> None:
    write_models(tmp_path)
    write_evaluation(tmp_path)
    html = page(collect(tmp_path), ReportSettings())
    assert not {"finetuning", "structure"} & set(anchors(html))
    assert "Leakage into the test rows" not in html


def test_scores_of_structure_stand_apart(html: str) -> None:
    parts = dict(zip(anchors(html), html.split("<section ")[1:], strict=True))
    heading = "CDS length (R)"
    assert [name for name, part in parts.items() if heading in part] == ["structure"]
    assert "paper, A.4 and Table A1" in parts["benchmarks"]
    assert "paper, A.4 and Table A1" not in parts["structure"]
    assert "annotated, log2(1 + number)" in parts["structure"]
    assert "Leakage into the test rows" in parts["benchmarks"]
    assert "Orthrus Small <small>paper</small>" in parts["finetuning"]


def test_structural_tasks_are_no_benchmarks(html: str) -> None:
    assert f"<dt>benchmark tasks</dt><dd>{len(TASKS)}</dd>" in html
    before, structure, _ = html.partition('<section id="structure"')
    assert structure
    assert "Transcript biotype" not in before


def test_title_is_escaped(html: str) -> None:
    assert "<title>A &lt;build&gt;</title>" in html


def test_texts_of_results_are_no_markup(tmp_path: Path, folder: Path) -> None:
    """Species and labels come from files of other people."""
    hostile = "<script>alert('&amp;')</script>"

    def replaced(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: replaced(one) for key, one in value.items()}
        if isinstance(value, list):
            return [replaced(one) for one in value]
        return hostile if value in ("Homo simulatus", *BIOTYPES) else value

    results = tmp_path / "results"
    shutil.copytree(folder, results)
    for path in (*results.rglob("summary.json"), *(results / "tasks").glob("*.json")):
        write_json(replaced(read_json(path)), path)
    html = page(collect(results), ReportSettings(title=hostile))
    assert "<script" not in html
    assert html.count("&lt;script&gt;") > 3


def test_tags_are_balanced(html: str) -> None:
    void = {"meta"}
    open_tags: list[str] = []

    class Checker(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag not in void:
                open_tags.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert open_tags.pop() == tag

    Checker().feed(html)
    assert open_tags == []


def test_the_same_results_give_the_same_page(folder: Path, html: str) -> None:
    assert page(collect(folder), ReportSettings(title="A <build>")) == html


@pytest.mark.parametrize(
    ("write", "expected"),
    [(write_data, ["data"]), (write_models, ["pretraining"])],
)
def test_a_build_that_stopped_early(
    tmp_path: Path, write: Callable[[Path], None], expected: list[str]
) -> None:
    write(tmp_path)
    assert anchors(page(collect(tmp_path), ReportSettings())) == expected


def test_models_of_which_none_was_trained(tmp_path: Path) -> None:
    write_models(tmp_path, steps=0)
    assert "<figure>" not in page(collect(tmp_path), ReportSettings())


def test_a_model_whose_weights_were_read_stands_with_the_others(tmp_path: Path) -> None:
    write_models(tmp_path)
    write_read_model(tmp_path)
    write_evaluation(tmp_path, models=[*MODELS, "published"])
    html = page(collect(tmp_path), ReportSettings())
    assert "Not trained here, so without a curve: published, untrained." in html
    assert "the Orthrus models (contrastive, mask_only, published)" in html
    cells = re.findall(r"<td[^>]*>([^<]*)", html[html.index("<td>published</td>") :])
    assert [cell.replace("\xa0", " ") for cell in cells[:9]] == [
        "published", "mamba 256 × 3, 6T", "1,317,120", "weights read", *["–"] * 5,
    ]  # fmt: skip


def test_only_weights_that_were_read(tmp_path: Path) -> None:
    write_read_model(tmp_path)
    assert "<figure>" not in page(collect(tmp_path), ReportSettings())


def test_a_model_without_pairs_has_its_losses_drawn(tmp_path: Path) -> None:
    write_models(tmp_path)
    path = tmp_path / "pretrain/contrastive/metrics.csv"
    header, *lines = path.read_text().splitlines()
    cells = [line.split(",") for line in lines]
    bare = [",".join([*row[:6], "", "", row[5]]) for row in cells]
    path.write_text("\n".join([header, *bare]) + "\n")
    html = page(collect(tmp_path), ReportSettings())
    assert "<figure>" in html
    assert re.search(r"5.00 → 3.0\d</td>\s*<td class=\"number\">–</td>", html)


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (7, "7"),
        (9999, "9,999"),
        (56_700, "56.7 k"),
        (887_025_349, "887 M"),
        (1_230_000_000, "1.23 G"),
    ],
)
def test_short_counts(count: int, expected: str) -> None:
    assert short(count) == expected


def test_command_prints_the_path_last(folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "report/index.html"
    result = CliRunner().invoke(
        app, ["build", str(folder), "-o", str(output)], catch_exceptions=False
    )
    assert result.stdout.splitlines()[-1] == str(output)
    assert output.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
