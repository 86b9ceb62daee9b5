"""The benchmark tasks: which features decide each label, and how much noise hides them.

A label's signal is the weighted sum of standardised features, scaled to unit variance. A regression
target is the signal plus Gaussian noise. A class is on where signal plus logistic noise exceeds the
threshold that gives its prevalence.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LabelSpec:
    """One column of a target: feature weights and, for a class, the share of positives."""

    name: str
    terms: dict[str, float]
    prevalence: float | None = None


@dataclass(frozen=True)
class BenchmarkSpec:
    """One task file.

    `noise` is the standard deviation (regression) or the logistic scale (classes), in standard
    deviations of the signal; `share` that of the transcripts that carry labels. `isoforms` asks for
    all complete coding transcripts instead of one per gene, `columns` for one target column per
    label.
    """

    task: str
    file: str
    assembly: str
    labels: tuple[LabelSpec, ...]
    noise: float
    share: float = 1.0
    isoforms: bool = False
    columns: bool = False

    @property
    def classes(self) -> bool:
        """The labels are classes, not values."""
        return self.labels[0].prevalence is not None


_HALF_LIFE = LabelSpec(
    "half_life", {"optimality": 0.6, "junctions": 0.5, "are": -0.55, "mir_a": -0.25, "mir_b": -0.2}
)
_LOAD = LabelSpec("ribosome_load", {"uorf": -0.6, "kozak": 0.35, "optimality": 0.5})

_LOCATIONS = (
    LabelSpec("secreted", {"signal_peptide": 1.0, "retention": -0.6, "membrane": -0.4}, 0.18),
    LabelSpec("endoplasmic_reticulum", {"retention": 1.0, "signal_peptide": 0.4}, 0.12),
    LabelSpec("mitochondria", {"presequence": 1.0}, 0.18),
    LabelSpec("plasma_membrane", {"membrane": 1.0, "signal_peptide": 0.3}, 0.25),
    LabelSpec("nucleoplasm", {"nls": 1.0, "domain_1": 0.4}, 0.28),
    LabelSpec("nucleoli", {"nls": 0.7, "domain_0": 0.8}, 0.15),
    LabelSpec("cytosol", {"signal_peptide": -0.6, "presequence": -0.5, "nls": -0.5}, 0.40),
    LabelSpec("golgi", {"membrane": 0.6, "domain_3": 0.7}, 0.14),
    LabelSpec("vesicles", {"domain_9": 0.8, "signal_peptide": 0.4}, 0.16),
    LabelSpec("centrosome", {"domain_5": 1.0, "domain_7": 0.5}, 0.12),
    LabelSpec("cell_junctions", {"domain_6": 0.8, "membrane": 0.5}, 0.14),
    LabelSpec("cytoskeleton", {"domain_7": 1.0, "domain_4": 0.6}, 0.15),
)
_FUNCTIONS = (
    *(LabelSpec(f"function_{i}", {f"domain_{i}": 1.0, "optimality": 0.1}, 0.12) for i in range(12)),
    *(
        LabelSpec(
            f"process_{i}", {f"domain_{i}": 0.8, f"domain_{i + 4}": 0.8, "optimality": 0.1}, 0.22
        )
        for i in range(8)
    ),
)
_SITES = "abcdefghij"
_COMPARTMENTS = (
    LabelSpec("er_membrane", {"signal_peptide": 0.8, "membrane": 0.7}, 0.35),
    LabelSpec("er_lumen", {"signal_peptide": 0.8, "retention": 0.6}, 0.25),
    LabelSpec("mitochondrial_matrix", {"presequence": 1.0, "site_a": 0.3}, 0.18),
    LabelSpec("outer_mitochondrial_membrane", {"presequence": 0.6, "site_a": 0.7}, 0.22),
    LabelSpec("cytosol", {"optimality": 0.7, "junctions": 0.5}, 0.35),
    LabelSpec("nucleus", {"junctions": -0.7, "site_c": 0.5}, 0.30),
    LabelSpec("nucleolus", {"are": 0.6, "site_e": 0.6}, 0.20),
    LabelSpec("nuclear_lamina", {"site_c": 0.7, "optimality": -0.5}, 0.22),
)
_FRACTIONS = (
    LabelSpec("chromatin", {"junctions": -0.7, "site_e": 0.5, "are": 0.3}, 0.30),
    LabelSpec("cytoplasm", {"optimality": 0.7, "junctions": 0.6}, 0.40),
    LabelSpec("polysome", {"uorf": -0.6, "kozak": 0.5, "optimality": 0.5}, 0.35),
)


def _binding(step: int) -> tuple[LabelSpec, ...]:
    """Return ten proteins that bind one site and ten that bind either of two, `step` apart."""
    single = [LabelSpec(f"RBP{i + 1:02d}", {f"site_{s}": 1.0}, 0.18) for i, s in enumerate(_SITES)]
    double = [
        LabelSpec(
            f"RBP{i + 11:02d}",
            {f"site_{_SITES[i]}": 0.8, f"site_{_SITES[(i + step) % 10]}": 0.8},
            0.30,
        )
        for i in range(10)
    ]
    return (*single, *double)


BENCHMARKS = (
    BenchmarkSpec("rnahl-human", "rnahl-human", "simHum1", (_HALF_LIFE,), 0.45, 0.95),
    BenchmarkSpec("rnahl-mouse", "rnahl-mouse", "simMus1", (_HALF_LIFE,), 0.45, 0.95),
    BenchmarkSpec("mrl-sugimoto", "mrl-sugimoto", "simHum1", (_LOAD,), 0.5, isoforms=True),
    BenchmarkSpec("prot-loc", "prot-loc", "simHum1", _LOCATIONS, 0.25, 0.85),
    BenchmarkSpec("go-mf", "go-mf", "simHum1", _FUNCTIONS, 0.2, 0.75),
    BenchmarkSpec("eclip", "eclip-k562", "simHum1", _binding(3), 0.2, columns=True),
    BenchmarkSpec("eclip", "eclip-hepg2", "simHum1", _binding(4), 0.2, columns=True),
    BenchmarkSpec("rna-loc-fazal", "rna-loc-fazal", "simHum1", _COMPARTMENTS, 0.25, 0.7),
    BenchmarkSpec("rna-loc-ietswaart", "rna-loc-ietswaart", "simHum1", _FRACTIONS, 0.25, 0.9),
)
