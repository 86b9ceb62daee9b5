"""How many projections are of a gene that a reference set has."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from orthrus.log import say
from orthrus.relations.groups import Grouped, reference_assembly
from orthrus.relations.store_tables import SetTable
from orthrus.relations.string_index import MISSING


def tell_links(sets: Sequence[SetTable], grouped: Grouped) -> None:
    """Say for every TOGA reference how many projections have their transcript, and their gene.

    None is no error: TOGA may have projected another annotation of the reference, or the build has
    no set of the reference, and projections still pair with each other.
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
        say(
            f"TOGA projections from {assembly}: {linked:,} of {total:,} have their reference "
            f"transcript, {found:,} a reference gene"
        )
