"""Stores of the real mirror, each made once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from orthrus.annotation.build import Files, build
from orthrus.annotation.normalize import SetMetadata
from orthrus.config.annotation import AnnotationSettings
from orthrus.config.transcripts import TranscriptsSettings
from orthrus.transcripts.encode import encode_store
from orthrus.transcripts.store import Store

UCSC = "mirror/hgdownload.soe.ucsc.edu/goldenPath"
GENCODE = "mirror/ftp.ebi.ac.uk/pub/databases/gencode"
SETS = {
    "hg38.ncbirefseq": f"{UCSC}/hg38/database/ncbiRefSeq.txt.gz",
    "hg38.gencode_v43": f"{GENCODE}/Gencode_human/release_43/gencode.v43.annotation.gtf.gz",
    "mm10.ncbirefseq": f"{UCSC}/mm10/database/ncbiRefSeq.txt.gz",
}
LABELS = {
    "hg38": ("Homo sapiens", 9606),
    "mm10": ("Mus musculus", 10090),
}


@pytest.fixture(scope="session")
def real_store(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Store]:
    """Make the store of an annotation set of the mirror."""
    made: dict[str, Store] = {}

    def make(name: str) -> Store:
        if name not in made:
            folder = tmp_path_factory.mktemp("real")
            label = SetMetadata(name, *LABELS[name.partition(".")[0]])
            build(Files(real_data / SETS[name]), label, AnnotationSettings()).write(folder)
            genome = real_data / UCSC / label.assembly / f"bigZips/{label.assembly}.fa.gz"
            path = folder / f"{name}.zarr"
            encode_store(folder / "transcripts.parquet", genome, path, TranscriptsSettings())
            made[name] = Store.open(path)
        return made[name]

    return make
