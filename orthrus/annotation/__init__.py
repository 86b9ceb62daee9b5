"""Published gene annotations (genePred, GTF, GFF3, BED12) as one transcript table per set."""

STAGE_VERSION = 4
"""Raised whenever the same input would give another table."""
