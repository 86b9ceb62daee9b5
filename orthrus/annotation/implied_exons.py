"""Exons that a file of feature lines does not state, or states without their stop codon.

Gene finders (GeneMark, Twinscan) write CDS, start and stop codons, perhaps UTRs, but no exons.
Others end the last exon with the CDS, before the stop codon (GALBA, miniprot).
"""

from __future__ import annotations

import polars as pl

from orthrus.annotation.features import placed
from orthrus.annotation.frame_shifts import MAX_SLIP

UTRS = (
    "UTR", "five_prime_UTR", "three_prime_UTR", "five_prime_utr", "three_prime_utr",
    "5UTR", "3UTR", "5'-UTR", "3'-UTR", "UTR5", "UTR3", "utr5", "utr3",
)  # fmt: skip
"""What untranslated regions are called."""
OTHER_NAMES = {
    **dict.fromkeys(
        (
            "coding_exon", "noncoding_exon", "non_coding_exon", "interior_exon", "decayed_exon",
            "interior_coding_exon", "five_prime_coding_exon", "three_prime_coding_exon",
            "five_prime_noncoding_exon", "three_prime_noncoding_exon", "exon_of_single_exon_gene",
        ),
        "other_exon",
    ),
    "pseudogenic_exon": "exon",
    **dict.fromkeys(UTRS, "UTR"),
}  # fmt: skip
"""Other feature types of GTF and GFF3, and what they are read as."""
CODON = 3
"""The nt of a stop codon."""


def exon_parts(parts: pl.DataFrame) -> pl.DataFrame:
    """Return the exon lines; of a transcript without, its CDS, UTRs and stop codon joined.

    Exons of other types count where no plain exon holds them: some files repeat exons by kind.

    Parameters
    ----------
    parts
        Sound lines with `key`, `feature` (`exon`, `other_exon`, `CDS`, `stop_codon`, `UTR`,
        others), `start` and `end`. UTRs alone make no transcript.

    Returns
    -------
    pl.DataFrame
        `key`, `start`, `end`.
    """
    place = ("key", "start", "end")
    exons = parts.filter(pl.col("feature") == "exon").select(place).sort(place)
    others = parts.filter(pl.col("feature") == "other_exon").select(place).unique()
    exons = pl.concat([exons, placed(others, exons).filter(pl.col("exon") < 0).select(place)])
    coding = parts.filter(pl.col("feature") == "CDS").select("key")
    pieces = parts.filter(pl.col("feature").is_in(["CDS", "stop_codon", "UTR"]))
    bare = pieces.join(exons, on="key", how="anti").join(coding, on="key", how="semi").sort(place)
    cds = pl.col("feature") == "CDS"
    reach = pl.col("end").cum_max().shift().over("key")
    # Two CDS parts stay two, as ribosomes slip between them, unless they overlap as where they do.
    slipped = pl.col("start").is_between(reach - MAX_SLIP, reach - 1)
    joined = pl.when(cds & cds.shift()).then(slipped).otherwise(pl.col("start") <= reach)
    merged = bare.group_by((~joined.fill_null(False)).cum_sum().alias("exon")).agg(
        pl.col("key").first(), pl.col("start").min(), pl.col("end").max()
    )
    return pl.concat([exons, merged.select(place)])


def fit_stops(
    transcripts: pl.DataFrame, exons: pl.DataFrame, coding: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return transcripts and exons that hold their stop codons.

    A stop codon that touches the end of the last exon lengthens it; of one that an intron splits,
    the further part is an exon of its own. Others change nothing. A transcript that is stated
    without its stop codon is lengthened too; one that is stated with it, and reaches 3 nt beyond a
    last exon that is coding to its end, has it there.

    Parameters
    ----------
    transcripts
        `key`, `strand`, `tx_start`, `tx_end` (null where not stated), others.
    exons
        `key`, `start`, `end`.
    coding
        `key`, `start`, `end`, `stop` (bool).
    """
    strand = transcripts.select("key", "strand")
    stops = coding.filter("stop").select("key", "start", "end").join(strand, on="key")
    hull = stops.group_by("key").agg(_start=pl.col("start").min(), _end=pl.col("end").max())
    spans = transcripts.join(hull, on="key", how="left", maintain_order="left").with_columns(
        tx_start=pl.when(pl.col("_start") < pl.col("tx_start"))
        .then("_start")
        .otherwise("tx_start"),
        tx_end=pl.when(pl.col("_end") > pl.col("tx_end")).then("_end").otherwise("tx_end"),
    )
    last = exons.group_by("key").agg(first=pl.col("start").min(), last=pl.col("end").max())
    stops = pl.concat([stops, _unwritten(transcripts, last, coding)]).join(last, on="key")
    return spans.drop("_start", "_end"), _lengthened(exons, stops)


def _unwritten(transcripts: pl.DataFrame, last: pl.DataFrame, coding: pl.DataFrame) -> pl.DataFrame:
    """Return the stop codons that only the ends of transcripts tell of."""
    cds = coding.group_by("key").agg(
        cds_start=pl.col("start").min(), cds_end=pl.col("end").max(), stop=pl.col("stop").any()
    )
    rows = transcripts.join(last, on="key").join(cds.filter(~pl.col("stop")), on="key")
    forward = (pl.col("cds_end") == pl.col("last")) & (pl.col("tx_end") - pl.col("last") == CODON)
    reverse = pl.col("cds_start") == pl.col("first")
    reverse &= pl.col("first") - pl.col("tx_start") == CODON
    on_reverse = pl.col("strand") == "-"
    return rows.filter(pl.when(on_reverse).then(reverse).otherwise(forward)).select(
        "key",
        start=pl.when(on_reverse).then("tx_start").otherwise("last"),
        end=pl.when(on_reverse).then("first").otherwise("tx_end"),
        strand="strand",
    )


def _lengthened(exons: pl.DataFrame, stops: pl.DataFrame) -> pl.DataFrame:
    """Return exons with the `stops` behind the last one, whose ends are `first` and `last`."""
    reverse = pl.col("strand") == "-"
    beyond = pl.when(reverse).then(pl.col("start") < pl.col("first"))
    near = pl.when(reverse).then(pl.col("end") >= pl.col("first"))
    one = (pl.col("end") - pl.col("start")).sum().over("key") <= CODON
    stops = stops.with_columns(
        one=one,
        beyond=beyond.otherwise(pl.col("end") > pl.col("last")),
        near=near.otherwise(pl.col("start") <= pl.col("last")),
    ).filter(pl.col("one") & pl.col("near").any().over("key") & pl.col("beyond"))
    if stops.is_empty():
        return exons
    touching = stops.filter("near").unique("key", keep="first")
    touching = touching.select("key", "first", "last", new_start="start", new_end="end")
    lengthened = exons.join(touching, on="key", how="left", maintain_order="left").select(
        "key",
        start=pl.when(pl.col("start") == pl.col("first"))
        .then(pl.min_horizontal("start", "new_start"))
        .otherwise("start"),
        end=pl.when(pl.col("end") == pl.col("last"))
        .then(pl.max_horizontal("end", "new_end"))
        .otherwise("end"),
    )
    apart = stops.filter(~pl.col("near")).select("key", "start", "end")
    return pl.concat([lengthened, apart])
