"""What an encoder learned: embeddings, linear probes, Z-scores of models, maps of embeddings."""

STAGE_VERSION = 2
