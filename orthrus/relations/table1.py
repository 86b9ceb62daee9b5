"""The paper's Table 1 beside the counts of a build."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from orthrus.errors import OrthrusError
from orthrus.files import read_json
from orthrus.relations.pair_kinds import KINDS

PAPER = {
    "splice and ortholog": (887_025_349, 32_714_651),
    "ortholog": (31_961_363, 32_714_651),
    "splice": (18_120_876, 753_288),
    "none": (0, 753_288),
}
"""Pairs and transcripts of every data set in the paper, Table 1."""

HEADER = ("dataset", "pairs", "pairs_paper", "transcripts", "transcripts_paper", *KINDS)
WIDTH = len("887,025,349")

Row = tuple[str, *tuple[int, ...]]
"""A data set's name and numbers, as in `HEADER`."""


def read_rows(folder: Path) -> list[Row]:
    """Read `counts.json` of a relations folder; OrthrusError when it is missing or foreign."""
    counts = read_json(folder / "counts.json")
    try:
        datasets = counts["datasets"]
        return [
            (
                name,
                datasets[name]["pairs"],
                pairs,
                datasets[name]["transcripts"],
                transcripts,
                *(datasets[name]["by_kind"].get(kind, 0) for kind in KINDS),
            )
            for name, (pairs, transcripts) in PAPER.items()
        ]
    except (KeyError, TypeError) as error:
        raise OrthrusError(
            f"{folder / 'counts.json'}: holds no pair counts ({error}); "
            "run `orthrus relations build` again"
        ) from None


def print_rows(rows: list[Row]) -> None:
    """Print the table: drawn on a terminal, tab-separated in a pipe."""
    if not sys.stdout.isatty():
        print(*HEADER, sep="\t")
        for row in rows:
            print(*row, sep="\t")
        return
    kinds = len(HEADER) - len(KINDS)
    for title, columns in (
        ("Positive pairs (paper, Table 1)", range(1, kinds)),
        ("By kind of partner", range(kinds, len(HEADER))),
    ):
        table = Table("dataset", title=title)
        for at in columns:
            table.add_column(HEADER[at].replace("_", ", "), justify="right", min_width=WIDTH)
        for row in rows:
            table.add_row(row[0], *(f"{row[at]:,}" for at in columns))
        Console().print(table)
