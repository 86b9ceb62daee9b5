"""The `orthrus simulate` command."""


def simulate() -> None:
    """TODO."""
