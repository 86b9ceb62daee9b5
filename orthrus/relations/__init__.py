"""Relations: which transcripts are positive pairs, which genes are homologous, and the splits."""

STAGE_VERSION = 6
"""Raised when the same inputs and settings give other tables than before."""
