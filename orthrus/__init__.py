"""Rebuild, train and use the Orthrus foundation model of mature RNA."""

__version__ = "0.1.0"
