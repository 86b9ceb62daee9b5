import gzip
from pathlib import Path

import pytest
from annotation_samples import SAMPLES, read

from orthrus.annotation import lines
from orthrus.annotation.build import Files, build
from orthrus.annotation.normalize import SetMetadata
from orthrus.config.annotation import AnnotationSettings
from orthrus.errors import OrthrusError


@pytest.mark.parametrize("layout", SAMPLES)
def test_sound_samples_are_kept_whole(tmp_path: Path, layout: str) -> None:
    made = read(tmp_path, layout, SAMPLES[layout].encode())
    assert made is not None
    assert made.rejected.is_empty()
    assert len(made.transcripts) == made.summary["input_rows"] > 0


@pytest.mark.parametrize("size", [1, 100, 400])
@pytest.mark.parametrize("layout", SAMPLES)
def test_blocks_do_not_show(
    tmp_path: Path, layout: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *others = SAMPLES[layout].splitlines(keepends=True)
    text = "".join([first, "#\n" * 60, *others, *others[-1:], "a\tb\n"])
    whole = read(tmp_path, layout, text.encode())
    monkeypatch.setattr(lines, "BLOCK", size)
    cut = read(tmp_path, layout, text.encode())
    assert whole is not None
    assert cut is not None
    assert cut.transcripts.equals(whole.transcripts)
    assert cut.rejected.equals(whole.rejected)
    assert cut.excluded.equals(whole.excluded)


def build_bytes(folder: Path, data: bytes, limit: int) -> None:
    (folder / "t").write_bytes(data)
    build(Files(folder / "t"), SetMetadata("a.b", "x"), AnnotationSettings(max_bytes=limit))


@pytest.mark.parametrize("bomb", [b"\n" * 1_000_000, b"a\tb\n" * 200_000])
def test_a_gzip_bomb_is_refused_by_its_size(tmp_path: Path, bomb: bytes) -> None:
    message = (
        r"t: has more than 500,000 bytes when decompressed; if that is right, raise "
        r"annotation\.max_bytes \(in orthrus annotation build: max_bytes\)$"
    )
    with pytest.raises(OrthrusError, match=message):
        build_bytes(tmp_path, gzip.compress(SAMPLES["BED12"].encode() + bomb), 500_000)


def test_a_line_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "BLOCK", 100)
    monkeypatch.setattr(lines, "MAX_LINE", 1000)
    with pytest.raises(OrthrusError, match="t: holds a line of more than 1,000 bytes"):
        build_bytes(tmp_path, SAMPLES["BED12"].encode() + b"a" * 5000, 500_000)
