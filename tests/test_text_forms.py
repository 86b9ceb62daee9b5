"""What does not matter in a text file: its mark of UTF-8, line ends, blank lines, compression."""

from __future__ import annotations

import codecs
import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tasks_helpers import OBO
from text_samples import APPRIS, GAF, HALF_LIVES, LOCATIONS, ORTHOLOGS, PARALOGS

from orthrus.annotation.contig_bounds import read_sizes
from orthrus.config.relations import GroupSettings
from orthrus.config.tasks import LocalizationSettings
from orthrus.relations.orthologs import read_orthologs
from orthrus.relations.paralogs import read_paralogs
from orthrus.tasks.appris import read_appris
from orthrus.tasks.half_life import read_half_life
from orthrus.tasks.localization import read_localization
from orthrus.tasks.ontology import read_gaf, read_obo

ANY = GroupSettings(orthologs="all")
READERS: dict[str, tuple[str, Callable[[Path], Any]]] = {
    "chrom.sizes": ("chr1\t248956422\nchrM\t16569\n", read_sizes),
    "paralogs": (PARALOGS, read_paralogs),
    "orthologs": (ORTHOLOGS, lambda path: read_orthologs(path, ANY).pairs),
    "appris": (APPRIS, read_appris),
    "gaf": (GAF, lambda path: read_gaf(path, None)),
    "obo": (OBO, read_obo),
    "half-lives": (HALF_LIVES, lambda path: read_half_life(path, "human_PC1")),
    "localization": (LOCATIONS, lambda path: read_localization(path, LocalizationSettings())),
}
FORMS: dict[str, Callable[[bytes], bytes]] = {
    "mark of UTF-8": lambda data: codecs.BOM_UTF8 + data,
    "CR LF": lambda data: data.replace(b"\n", b"\r\n"),
    "no last line end": lambda data: data.rstrip(b"\n"),
    "a blank line": lambda data: data + b"\n",
    "a line of blanks": lambda data: data + b"  \n",
    "gzip": gzip.compress,
    "all": lambda data: gzip.compress(codecs.BOM_UTF8 + data.replace(b"\n", b"\r\n") + b" \r\n"),
}


def shown(found: Any) -> str:
    """Return all that a reader found as text."""
    with pl.Config(tbl_rows=-1, tbl_cols=-1, fmt_str_lengths=999):
        return repr(found)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("what", READERS)
def test_the_form_of_a_text_does_not_matter(tmp_path: Path, what: str, form: str) -> None:
    sound, read = READERS[what]
    (tmp_path / "plain").mkdir()
    path, plain = tmp_path / "table", tmp_path / "plain" / "table"
    plain.write_text(sound)
    path.write_bytes(FORMS[form](sound.encode()))
    assert shown(read(path)) == shown(read(plain))
