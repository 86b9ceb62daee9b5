"""The `orthrus report` commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orthrus import output_formats

app = typer.Typer(help="Show a build: figures, tables, one HTML page.")


@app.callback()
def _group() -> None:
    pass


@app.command()
def build(
    results: Annotated[Path, typer.Argument(help="Folder of a build's results.")],
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", callback=output_formats.plain, help="Page to write (.html)."
        ),
    ],
    assignments: Annotated[
        list[str] | None, typer.Option("--set", help="A setting, key=value; may be repeated.")
    ] = None,
) -> None:
    """Write one self-contained HTML page about a build, and print its path.

    Example: orthrus report build results/demo -o results/demo/report/index.html
    """
    from orthrus.config import settings
    from orthrus.config.report import ReportRun
    from orthrus.files import atomic_file
    from orthrus.report.load_results import collect
    from orthrus.report.page import page

    chosen = settings(ReportRun, assignments or [])
    html = page(collect(results, chosen), chosen)
    with atomic_file(output) as scratch:
        scratch.write_text(html, encoding="utf-8")
    print(output)
