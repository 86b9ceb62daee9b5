"""The `orthrus tasks` commands."""

import typer

app = typer.Typer(help="TODO")
