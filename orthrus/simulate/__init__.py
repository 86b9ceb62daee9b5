"""The synthetic clade: genomes, annotations, projections and labels of species that never lived."""

STAGE_VERSION = 1
