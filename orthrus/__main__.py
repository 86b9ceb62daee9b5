"""`python -m orthrus` is the command `orthrus`."""

from orthrus.cli import main

main()
