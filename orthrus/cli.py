"""The `orthrus` command: one group of verbs per stage."""

from __future__ import annotations

import errno
import os
import sys
from typing import Annotated

import typer

from orthrus import __version__, disk_errors
from orthrus.annotation.cli import app as annotation
from orthrus.errors import OrthrusError
from orthrus.evaluate.cli import app as evaluate
from orthrus.evaluate.embed_cli import embed, predict
from orthrus.models.cli import app as models
from orthrus.pretrain.cli import app as pretrain
from orthrus.process_settings import tune
from orthrus.relations.cli import app as relations
from orthrus.report.cli import app as report
from orthrus.simulate.cli import simulate
from orthrus.sources.cli import app as sources
from orthrus.tasks.cli import app as tasks
from orthrus.transcripts.cli import app as transcripts
from orthrus.transcripts.cli import encode_files

app = typer.Typer(
    help="Rebuild, train and use the Orthrus foundation model of mature RNA.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for name, group in {
    "sources": sources,
    "annotation": annotation,
    "transcripts": transcripts,
    "relations": relations,
    "models": models,
    "pretrain": pretrain,
    "tasks": tasks,
    "evaluate": evaluate,
    "report": report,
}.items():
    app.add_typer(group, name=name, no_args_is_help=True)
app.command("simulate")(simulate)
app.command("encode")(encode_files)
app.command("embed")(embed)
app.command("predict")(predict)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    pass


def run() -> None:
    """Run the command; say of a fault of the disk that nobody expected where it may have been."""
    tune()
    try:
        app()
    except Exception as error:
        if not isinstance(error, OrthrusError) and (found := disk_errors.fault(error)):
            raise disk_errors.DiskError(found, "standard output or a temporary file") from None
        raise
    finally:
        _flush()


def _flush() -> None:
    """Write what is still to be printed: when the interpreter ends, it is too late for errors."""
    try:
        sys.stdout.flush()
    except OSError as error:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        if error.errno != errno.EPIPE:  # whoever reads has enough
            raise
