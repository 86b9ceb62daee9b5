import numpy as np
import polars as pl
from annotation_helpers import Gene, frames_by_walking, genes
from hypothesis import given, settings
from hypothesis import strategies as st

from orthrus.annotation.exons import Exons, frames_from_start, join_short_introns


def flat(many: list[Gene]) -> Exons:
    rows = pl.DataFrame(
        {
            "exon_starts": [[start for start, _ in gene.exons] for gene in many],
            "exon_ends": [[end for _, end in gene.exons] for gene in many],
            "exon_frames": [frames_by_walking(gene) for gene in many],
        }
    )
    return Exons.of(rows)


def arrays(many: list[Gene]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    cds = np.array([gene.cds for gene in many])
    return cds[:, 0], cds[:, 1], np.array([gene.strand == "-" for gene in many])


@settings(deadline=None)
@given(st.lists(genes(), min_size=1, max_size=5))
def test_frames_from_the_start_equal_walking_the_cds(many: list[Gene]) -> None:
    exons = flat(many)
    assert frames_from_start(exons, *arrays(many)).tolist() == exons.frames.tolist()


@settings(deadline=None)
@given(st.lists(genes(), min_size=1, max_size=5))
def test_lists_return_what_was_flattened(many: list[Gene]) -> None:
    columns = flat(many).lists()
    assert columns["exon_starts"].to_list() == [[start for start, _ in gene.exons] for gene in many]
    assert columns["exon_ends"].to_list() == [[end for _, end in gene.exons] for gene in many]
    assert columns["exon_frames"].to_list() == [frames_by_walking(gene) for gene in many]
    assert columns["exon_frames"].dtype == pl.List(pl.Int8)


def join_slowly(gene: Gene, min_intron: int) -> list[tuple[int, int, int]]:
    joined: list[list[tuple[int, int, int]]] = []
    for (start, end), frame in zip(gene.exons, frames_by_walking(gene), strict=True):
        if joined and start - joined[-1][-1][1] < min_intron:
            joined[-1].append((start, end, frame))
        else:
            joined.append([(start, end, frame)])
    exons = []
    for parts in joined:
        in_order = parts[::-1] if gene.strand == "-" else parts
        frames = [frame for _, _, frame in in_order if frame >= 0]
        exons.append((parts[0][0], parts[-1][1], frames[0] if frames else -1))
    return exons


@settings(deadline=None)
@given(st.lists(genes(), min_size=1, max_size=5), st.integers(0, 6))
def test_joining_short_introns_equals_the_slow_way(many: list[Gene], min_intron: int) -> None:
    exons = flat(many)
    cds_start, cds_end, reverse = arrays(many)
    shifts = exons.shifts(cds_start, cds_end, reverse)
    assert not shifts.any()
    joined, count = join_short_introns(exons, reverse, min_intron, shifts)
    expected = [join_slowly(gene, min_intron) for gene in many]
    found = zip(joined.starts, joined.ends, joined.frames, strict=True)
    assert list(found) == [exon for gene in expected for exon in gene]
    assert np.diff(joined.offsets).tolist() == [len(gene) for gene in expected]
    assert count == len(exons.starts) - len(joined.starts)


def test_no_transcripts_are_no_exons() -> None:
    exons = Exons.of(pl.DataFrame(flat([Gene()]).lists()).clear())
    assert exons.offsets.tolist() == [0]
    assert exons.any(exons.starts > 0).tolist() == []
    assert exons.sum(exons.starts).tolist() == []
