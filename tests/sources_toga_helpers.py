"""A mirror of TOGA's server as large as the real one, with what makes the real one hard to read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from orthrus.sources.toga import ROOT
from orthrus.sources.toga_overview import HEADER

OTHER_FOLDERS = ("Matrix", "MultipleCodonAlignments", "hg38_chains")
OLDER = (
    *("geneAnnotation.bed.gz", "geneAnnotation.gtf.gz", "orthologsClassification.tsv.gz"),
    *("loss_summ_data.tsv.gz", "geneInactivatingMutations.tsv.gz"),
    *("processedPseudogeneAnnotation.bed.gz", "codonAlignments.fa.gz", "proteinAlignments.fa.gz"),
)
NEWER = (
    *("query_annotation.bed.gz", "orthology_classification.tsv.gz", "inact_mut_data.txt.gz"),
    *("codon.fasta.gz", "prot.fasta.gz"),
)
"""Files of a query in the two forms in use; the newer one has `<folder>.md5.txt` beside them."""
ORDERS = (
    *("Afrotheria", "Carnivora", "Chiroptera", "Dermoptera", "Eulipotyphla", "Lagomorpha"),
    *("Perissodactyla", "Pholidota", "Primates", "Rodentia", "Ruminantia", "Scandentia", "Suina"),
    *("Tylopoda", "Whippomorpha", "Xenarthra"),
)
"""Folders of the placental mammals."""
EVERY_OTHER = {"Metatheria": 40, "Prototheria": 200}
"""Every so-manieth query is none of the Eutheria."""


@dataclass(frozen=True)
class Listed:
    """A row of the overview, and what a list of queries has to say of it.

    `genome` and `bed` are empty when the query has to be left out.
    """

    species: str
    common_name: str
    taxon_id: int
    order: str
    assembly: str
    source: str
    genome: str
    bed: str

    @property
    def eutherian(self) -> bool:
        """Whether it is a placental mammal."""
        return self.order not in EVERY_OTHER

    @property
    def lineage(self) -> str:
        """The lineage, as NCBI's taxonomy writes it."""
        clade = "Eutheria; Boreoeutheria" if self.eutherian else "none of them"
        return f"Eukaryota; Metazoa; Mammalia; {clade}; {self.order}; {self.species.split()[0]}"


def listed(reference: str, size: int) -> list[Listed]:
    """Return as many rows as asked for; `reference` is a folder such as `human_hg38_reference`."""
    return [_listed(reference, number) for number in range(size)]


def _listed(reference: str, number: int) -> Listed:
    order = ORDERS[number % len(ORDERS)]
    for other, every in EVERY_OTHER.items():
        order = other if number % every == every - 1 else order
    # two assemblies of a species now and then, subspecies, and names that nobody gave
    kind = number - (number % 7 == 6)
    species = f"Genus{kind // 3} species{kind}" + " subspecies" * (kind % 11 == 3)
    common = "-" if number % 13 == 5 else f"Smith's long-tailed {species.split()[1]}"
    if number % 4 == 0:
        assembly, source = f"gen{number}Spe1", f"GCF_{number:09}.1"
        genome = f"https://hgdownload.soe.ucsc.edu/goldenPath/{assembly}/bigZips/{assembly}.fa.gz"
    elif number % 4 == 1:
        assembly, source = f"HLgen{number}Spe2", "DNA Zoo Consortium"
        genome = f"https://{ROOT}/MammalianDNAZooAssemblies/{assembly}.2bit"
    else:
        kind_of = "GCA" if number % 4 == 2 else "GCF"
        assembly, source = f"HLgen{number}Spe1", f"{kind_of}_{number:09}.{1 + number % 3}"
        genome = f"ncbi:{source}"
    if number % 97 == 50 and assembly.startswith("HL"):
        source, genome = "by courtesy of a colleague", ""
    folder = f"{ROOT}/{reference}/{order}/{_folder(species, common, assembly)}"
    bed = "" if number % 89 == 30 else f"{folder}/{(OLDER, NEWER)[number % 3 == 0][0]}"
    return Listed(species, common, 10_000 + kind, order, assembly, source, genome, bed)


def _folder(species: str, common: str, assembly: str) -> str:
    return f"{species}__{common}__{assembly}".replace(" ", "_")


def digest(text: str) -> str:
    """Return some MD5 or other."""
    return hashlib.md5(text.encode()).hexdigest()


def write_mirror(root: Path, reference: str, rows: list[Listed]) -> None:
    """Write the overview and the folders of a reference into a mirror, with empty files."""
    place = root / ROOT / reference
    for name in OTHER_FOLDERS:
        (place / name / f"Aus_bus__bus__{rows[0].assembly}").mkdir(parents=True)
    lines = ["\t".join((*HEADER, "contig N50 (bp)", "scaffold N50 (bp)"))]
    for row in rows:
        named = (row.species, row.common_name, str(row.taxon_id), row.lineage, row.assembly)
        lines.append("\t".join((*named, row.source, "1000", "20000")))
        if row.bed:
            bed = root / row.bed
            bed.parent.mkdir(parents=True)
            names = NEWER if bed.name == NEWER[0] else OLDER
            for name in names:
                (bed.parent / name).touch()
            if names is NEWER:
                sums = (f"{digest(row.assembly + name)}  {name}\n" for name in names)
                (bed.parent / f"{bed.parent.name}.md5.txt").write_text("".join(sums))
    (place / "overview.table.tsv").write_text("\n".join(lines) + "\n")
