"""The `orthrus report` commands."""

import typer

app = typer.Typer(help="TODO")
