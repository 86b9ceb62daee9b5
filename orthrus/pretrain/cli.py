"""The `orthrus pretrain` commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orthrus import output_formats

app = typer.Typer(help="Train an encoder on pairs of related transcripts.")


@app.callback()
def _group() -> None:
    """Keep `train` a command of its own name while it is the only one."""


@app.command()
def train(
    stores: Annotated[
        list[Path], typer.Argument(metavar="STORE...", help="Stores, as given to relations.")
    ],
    relations: Annotated[
        Path, typer.Option(metavar="DIR", help="Output of `orthrus relations build`.")
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="DIR",
            callback=output_formats.plain,
            help="Folder of the trained model.",
        ),
    ],
    state: Annotated[
        Path,
        typer.Option(metavar="DIR", help="Folder that keeps what an interrupted run needs."),
    ],
    assignments: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="A setting; may be given many times."),
    ] = None,
) -> None:
    """Train a model, or go on where the same run was interrupted.

    A run is the same if its settings and inputs are; after a change, training starts afresh.
    With train.devices above 1 the command starts itself that many times on this machine; on
    several machines, start it with torchrun.

    Example: orthrus pretrain train transcripts/*.zarr --relations relations -o pretrain/small
    --state pretrain/.state/small --set train.steps=600
    """
    from orthrus.config import settings
    from orthrus.config.pretrain import PretrainSettings
    from orthrus.pretrain.launch import relaunch

    chosen = settings(PretrainSettings, assignments or [])
    relaunch(chosen.train, stores, relations)

    from orthrus.pretrain.train import train as run

    run(stores, relations, output, state, chosen)
