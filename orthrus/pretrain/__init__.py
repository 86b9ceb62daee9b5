"""Pretrain: stores and relations in, encoder weights out."""

STAGE_VERSION = 3
"""Raised when the same settings and inputs would give another model."""
