"""What an encoder learned: embeddings, linear probes, fine-tuning, Z-scores of models, maps."""

STAGE_VERSION = 3
