import gzip
from pathlib import Path

import pytest
from damage_helpers import SAMPLES, damaged, damaged_text, judge
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orthrus.annotation import lines
from orthrus.annotation.build import Files, build
from orthrus.annotation.normal import Label
from orthrus.config.annotation import AnnotationSettings
from orthrus.errors import OrthrusError


@pytest.mark.parametrize("layout", SAMPLES)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None
)
@given(data=st.data())
def test_damage_is_told_in_one_line_or_row_by_row(
    tmp_path: Path, layout: str, data: st.DataObject
) -> None:
    judge(tmp_path, layout, data.draw(damaged(layout)))


COMPANIONS = {
    "attributes": "ENSG1.4\tABC\tcoding\tKNOWN\tXM_011541469.2\tABC-201\tmRNA\n",
    "tags": "XM_011541469.2\tbasic\nNR_046018.2\tbasic\n",
    "loss": "PROJECTION\tENST00000367064.CD55.8\tI\n",
    "orthology": "ENSG1\tENST00000367064.CD55\treg_1\tENST00000367064.CD55.8\tone2one\n",
    "chrom_sizes": "chr1\t248956422\nPVKX01003706.1\t500\n",
    "aliases": '{"genbankAccession":"CM000663.2","chrName":"1","role":"assembled-molecule"}\n'
    '{"sequence_name":"2","length":100}\n',
}


@pytest.mark.parametrize("companion", COMPANIONS)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None
)
@given(data=st.data())
def test_a_damaged_companion_is_refused_in_one_line_or_used(
    tmp_path: Path, companion: str, data: st.DataObject
) -> None:
    layout = "BED12" if companion in ("loss", "orthology") else "genePred"
    (tmp_path / companion).write_bytes(data.draw(damaged_text(COMPANIONS[companion])))
    files = {companion: tmp_path / companion}
    made = judge(tmp_path, layout, SAMPLES[layout].encode(), **files)
    assert made is None or len(made.transcripts)


@pytest.mark.parametrize("layout", SAMPLES)
def test_sound_samples_are_kept_whole(tmp_path: Path, layout: str) -> None:
    made = judge(tmp_path, layout, SAMPLES[layout].encode())
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
    whole = judge(tmp_path, layout, text.encode())
    monkeypatch.setattr(lines, "BLOCK", size)
    cut = judge(tmp_path, layout, text.encode())
    assert whole is not None
    assert cut is not None
    assert cut.transcripts.equals(whole.transcripts)
    assert cut.rejected.equals(whole.rejected)
    assert cut.excluded.equals(whole.excluded)


def build_bytes(folder: Path, data: bytes, limit: int) -> None:
    (folder / "t").write_bytes(data)
    build(Files(folder / "t"), Label("a.b", "x"), AnnotationSettings(max_bytes=limit))


@pytest.mark.parametrize("bomb", [b"\n" * 1_000_000, b"a\tb\n" * 200_000])
def test_a_gzip_bomb_is_refused_by_its_size(tmp_path: Path, bomb: bytes) -> None:
    with pytest.raises(OrthrusError, match=r"t: has more than 500,000 bytes when decompressed; .*"):
        build_bytes(tmp_path, gzip.compress(SAMPLES["BED12"].encode() + bomb), 500_000)


def test_a_line_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "BLOCK", 100)
    monkeypatch.setattr(lines, "MAX_LINE", 1000)
    with pytest.raises(OrthrusError, match="t: holds a line of more than 1,000 bytes"):
        build_bytes(tmp_path, SAMPLES["BED12"].encode() + b"a" * 5000, 500_000)
