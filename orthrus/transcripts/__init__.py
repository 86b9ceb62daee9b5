"""From a transcript table and a genome to the six-track store."""

STAGE_VERSION = 5
"""Raised when the same inputs give other bytes, so that a build reruns this stage."""
