from pathlib import Path

import pytest

from orthrus.config.reference import reference

PAGE = Path(__file__).parents[2] / "docs/configuration.md"


def test_the_page_is_that_of_the_models():
    assert PAGE.read_text() == reference(), (
        "run python -m orthrus.config.reference > docs/configuration.md"
    )


@pytest.mark.parametrize(
    "row",
    [
        "| `name` | required | string | Name of the folder of results. |",
        "| `mirror` | `null` | string or null |",
        "| `width` | `256` | integer, ≥ 16, ≤ 4096, multiple of 16 |",
        '| `codon_phase` | `"annotated"` | `"annotated"`, `"from_cds_start"` |',
        "| `seeds` | `[2541, 413, ",
        "| `models` | `{}` | section by name |",
    ],
)
def test_keys_come_with_default_and_values(row):
    assert f"\n{row}" in reference()


def test_each_section_is_shown_once():
    headings = [line for line in reference().splitlines() if line.startswith("## ")]
    assert len(headings) == len(set(headings))
    assert {"## `references.<name>`", "## `annotation.toga`", "## `evaluate.probe`"} <= {*headings}
