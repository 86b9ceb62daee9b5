"""How many projections are of a gene that a reference set has."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from orthrus.log import say
from orthrus.relations.groups import Grouped, reference_assembly
from orthrus.relations.lookup import MISSING
from orthrus.relations.stores import SetTable
from orthrus.texts.joins import Join

KEY = "relations.groups.min_matched"


def check_links(sets: Sequence[SetTable], grouped: Grouped, least: float) -> None:
    """Tell for every TOGA reference how many projections have their transcript, and their gene.

    Raises
    ------
    OrthrusError
        Fewer than `least` of the projections from one assembly are of a gene that a reference set
        has.
    """
    own = np.zeros(len(grouped.names), dtype=bool)
    for table in sets:
        if not table.is_toga:
            own[grouped.group[table.start : table.end]] = True
    projected = [(reference_assembly(table), table) for table in sets if table.is_toga]
    for assembly in dict.fromkeys(name for name, _ in projected):
        tables = [table for name, table in projected if name == assembly]
        total = sum(table.end - table.start for table in tables)
        linked = found = 0
        for table in tables:
            part = slice(table.start, table.end)
            linked += int((grouped.reference_row[part] != MISSING).sum())
            found += int(own[grouped.group[part]].sum())
        few = found < least * total
        Join(
            f"TOGA projections from {assembly}",
            "projections",
            found,
            total,
            total,
            _example(tables[:1], "reference_transcript") if few else None,
            _example([t for t in sets if not t.is_toga], "transcript_id") if few else None,
        ).refuse(least, KEY, f"give a reference set on {assembly}")
        say(
            f"TOGA projections from {assembly}: {linked:,} of {total:,} have their reference "
            f"transcript, {found:,} a reference gene"
        )


def _example(tables: Sequence[SetTable], column: str) -> str | None:
    return next((str(table.read([column])[column][0]) for table in tables), None)
