"""The `orthrus simulate` command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orthrus import output_formats


def simulate(
    out: Annotated[
        Path,
        typer.Argument(callback=output_formats.plain, help="Folder of the mirror tree to write."),
    ],
    assignments: Annotated[
        list[str] | None, typer.Option("--set", help="A setting, as key=value (seed, genes).")
    ] = None,
) -> None:
    """Write the synthetic clade as a mirror tree OUT/<host>/<path>.

    The same seed always gives the same bytes.

    Example: orthrus simulate mirror --set seed=1 --set genes=200
    """
    from orthrus.config import settings
    from orthrus.config.simulate import SimulateSettings
    from orthrus.log import say
    from orthrus.simulate.mirror import write_mirror

    chosen = settings(SimulateSettings, assignments or [])
    write_mirror(out, chosen)
    say(f"{out}: {chosen.genes} genes, seed {chosen.seed}")
