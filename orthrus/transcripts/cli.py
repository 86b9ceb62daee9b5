"""The `orthrus transcripts` commands."""

import typer

app = typer.Typer(help="TODO")
