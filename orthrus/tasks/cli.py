"""The `orthrus tasks` commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orthrus.log import say

app = typer.Typer(help="Build benchmark tasks: transcripts with measured targets.")


@app.callback()
def _group() -> None:
    pass


@app.command()
def build(
    task: Annotated[str, typer.Argument(help="Name of the task, e.g. rnahl-human.")],
    sources: Annotated[
        list[Path], typer.Argument(help="Processed Parquet file; eclip takes K562, then HepG2.")
    ],
    species: Annotated[str, typer.Option(help="Scientific name of the transcripts' species.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Table to write (.parquet).")],
) -> None:
    """Build the table of one benchmark task, and its facts as .json beside it.

    Example: orthrus tasks build rnahl-human human.parquet --species "Homo sapiens" -o hl.parquet
    """
    from orthrus import tables
    from orthrus.files import write_json
    from orthrus.tasks.build import build as build_task

    frame, facts = build_task(task, sources, species)
    tables.write(frame, output, tables.TASK)
    write_json(facts, output.with_suffix(".json"))
    dropped = ", ".join(f"{count} {reason}" for reason, count in facts["dropped"].items() if count)
    say(f"{output}: {facts['n']} transcripts" + (f", dropped {dropped}" if dropped else ""))
