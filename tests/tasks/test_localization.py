from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tasks_helpers import write_lines

from orthrus.config.tasks import LocalizationSettings
from orthrus.errors import OrthrusError
from orthrus.tasks import localization
from orthrus.tasks.labels import Labels

# Version 18.1: locations by reliability alone.
OLD = (
    ("Gene", "Gene name", "Reliability", "Enhanced", "Supported", "Approved", "Uncertain", "GO id"),
    ("ENSG00000000003", "TSPAN6", "Approved", "", "", "Cytosol", "", "Cytosol (GO:0005829)"),
    ("ENSG00000000457", "SCYL3", "Uncertain", "", "", "", "Microtubules;Nuclear bodies", ""),
    ("ENSG00000000460", "C1orf112", "Approved", "", "", "Mitochondria", "", ""),
    ("ENSG00000001036", "FUCA2", "Supported", "", "Golgi apparatus", "Cytosol", "", ""),
)
# Since version 19: main and additional locations too.
NEW = (
    ("Gene", "Gene name", "Reliability", "Main location", "Additional location",
     "Extracellular location", "Enhanced", "Supported", "Approved", "Uncertain"),
    ("ENSG00000000003", "TSPAN6", "Approved", "Cell Junctions;Cytosol", "Nucleoli fibrillar center",
     "", "", "", "Cell Junctions;Cytosol;Nucleoli fibrillar center", ""),
    ("ENSG00000000457", "SCYL3", "Uncertain", "Nucleoplasm", "Microtubules", "", "", "", "",
     "Microtubules;Nucleoplasm"),
    ("ENSG00000000938", "FGR", "Approved", "Plasma membrane", "Aggresome", "", "", "",
     "Aggresome", "Plasma membrane"),
    ("ENSG00000001000", "NONE", "Approved", "", "", "", "", "", "", ""),
)  # fmt: skip


def read(path: Path, **settings: Any) -> Labels:
    return localization.read_localization(path, LocalizationSettings(**settings))


def members(labels: Labels) -> dict[str, set[str]]:
    return {
        gene: {name for name, on in zip(labels.names, row, strict=True) if on}
        for gene, row in zip(labels.genes["gene_name"], labels.targets, strict=True)
    }


def test_table_by_reliability(tmp_path: Path) -> None:
    assert members(read(write_lines(tmp_path / "a.tsv", *OLD))) == {
        "TSPAN6": {"Cytosol"},
        "SCYL3": {"Microtubules", "Nuclear bodies"},
        "C1orf112": {"Mitochondria"},
        "FUCA2": {"Golgi apparatus", "Cytosol"},
    }


def test_commonest_locations_then_by_name(tmp_path: Path) -> None:
    labels = read(write_lines(tmp_path / "a.tsv", *OLD), top=2)
    assert labels.names == ("Cytosol", "Golgi apparatus")
    assert sorted(members(labels)) == ["FUCA2", "TSPAN6"]
    assert labels.dropped == {"no_label": 2}


def test_table_with_main_locations(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.tsv", *NEW)
    assert members(read(path)) == {
        "TSPAN6": {"Cell Junctions", "Cytosol", "Nucleoli fibrillar center"},
        "SCYL3": {"Nucleoplasm", "Microtubules"},
        "FGR": {"Plasma membrane", "Aggresome"},
    }
    assert members(read(path, main_only=True))["SCYL3"] == {"Nucleoplasm"}


def test_reliabilities_of_both_tables(tmp_path: Path) -> None:
    old, new = write_lines(tmp_path / "a.tsv", *OLD), write_lines(tmp_path / "b.tsv", *NEW)
    assert members(read(old, reliabilities=["Supported"])) == {"FUCA2": {"Golgi apparatus"}}
    assert members(read(new, reliabilities=["Approved"]))["FGR"] == {"Aggresome"}


@pytest.mark.parametrize(
    ("lines", "settings", "message"),
    [
        ([("a", "b")], {}, "is not the Human Protein Atlas's table of locations: it has no col"),
        (OLD, {"main_only": True}, "does not tell main locations; set localization.main_only=fal"),
        (OLD, {"reliabilities": ["Enhanced"]}, "has no location of these reliabilities"),
    ],
)
def test_bad_input_is_one_line(
    tmp_path: Path, lines: list[tuple[str, ...]], settings: dict[str, Any], message: str
) -> None:
    path = write_lines(tmp_path / "a.tsv", *lines)
    with pytest.raises(OrthrusError, match=message) as error:
        read(path, **settings)
    assert "\n" not in str(error.value)


def test_rows_without_gene_are_refused(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.tsv", *OLD, ("", *OLD[1][1:]))
    with pytest.raises(OrthrusError, match="1 rows have no Gene"):
        read(path)
