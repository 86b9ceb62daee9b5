# relations: tables -> gene groups, positive pairs, homology groups, splits
from orthrus import relations

LEAKAGE = expand(
    f"{RESULTS}/relations/splits/{{split}}/{{assembly}}.leakage.json",
    split=BUILD.splits,
    assembly=BUILD.paralogs,
)


localrules:
    relations_split,


rule relations:
    input:
        stores=PLAN.stores(PLAN.paired),
        orthologs=PLAN.resource(BUILD.orthologs) if BUILD.orthologs else [],
    output:
        sets=f"{RESULTS}/relations/sets.parquet",
        corpus=f"{RESULTS}/relations/corpus.parquet",
        groups=f"{RESULTS}/relations/groups.parquet",
        members=f"{RESULTS}/relations/members.parquet",
        counts=f"{RESULTS}/relations/counts.json",
    log:
        f"{LOGS}/relations.log",
    benchmark:
        f"{BENCHMARKS}/relations.tsv"
    conda:
        "../envs/orthrus.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        version=relations.STAGE_VERSION,
        folder=subpath(output.corpus, parent=True),
        settings=flags(BUILD.relations.groups),
        orthologs=lambda wildcards, input: f"--orthologs {quote(str(input.orthologs))} "
        * bool(BUILD.orthologs),
    message:
        "Grouping the transcripts of {BUILD.name} by gene"
    shell:
        "orthrus relations build {input.stores:q} -o {params.folder:q} {params.orthologs}"
        "{params.settings} 2> {log:q}"


rule relations_qc:
    input:
        corpus=rules.relations.output.corpus,
        tables=rules.relations.output,
        stores=PLAN.stores(PLAN.paired),
    output:
        f"{RESULTS}/relations/quality.parquet",
    log:
        f"{LOGS}/relations/quality.log",
    benchmark:
        f"{BENCHMARKS}/relations/quality.tsv"
    conda:
        "../envs/orthrus.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        version=relations.STAGE_VERSION,
        folder=subpath(input.corpus, parent=True),
        settings=flags(BUILD.relations.pairs),
    message:
        "Measuring the pairs of {BUILD.name}"
    shell:
        "orthrus relations qc {params.folder:q} {input.stores:q} -o {output:q} {params.settings}"
        " > {log:q} 2>&1"


rule relations_homology:
    input:
        paralogs=lambda wildcards: PLAN.resource(BUILD.paralogs[wildcards.assembly]),
        stores=lambda wildcards: PLAN.reference_stores(wildcards.assembly),
    output:
        f"{RESULTS}/relations/homology/{{assembly}}.parquet",
    log:
        f"{LOGS}/relations/homology/{{assembly}}.log",
    benchmark:
        f"{BENCHMARKS}/relations/homology/{{assembly}}.tsv"
    conda:
        "../envs/orthrus.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        version=relations.STAGE_VERSION,
        settings=flags(BUILD.relations.homology),
    message:
        "Grouping the paralogs of {wildcards.assembly}"
    shell:
        "orthrus relations homology {input.paralogs:q} {input.stores:q} -o {output:q}"
        " {params.settings} 2> {log:q}"


rule relations_split:
    input:
        homology=f"{RESULTS}/relations/homology/{{assembly}}.parquet",
        stores=lambda wildcards: PLAN.reference_stores(wildcards.assembly),
    output:
        table=f"{RESULTS}/relations/splits/{{split}}/{{assembly}}.parquet",
        leakage=f"{RESULTS}/relations/splits/{{split}}/{{assembly}}.leakage.json",
    log:
        f"{LOGS}/relations/splits/{{split}}/{{assembly}}.log",
    benchmark:
        f"{BENCHMARKS}/relations/splits/{{split}}/{{assembly}}.tsv"
    conda:
        "../envs/orthrus.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        version=relations.STAGE_VERSION,
        settings=flags(BUILD.relations.splits),
    message:
        "Splitting the genes of {wildcards.assembly} by {wildcards.split}"
    shell:
        "orthrus relations split {input.homology:q} {input.stores:q} --split {wildcards.split:q}"
        " -o {output.table:q} --leakage {output.leakage:q} {params.settings} 2> {log:q}"
