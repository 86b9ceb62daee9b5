# annotation: genePred, GTF, GFF3, TOGA BED12 -> one transcript table per annotation set
from orthrus import annotation


rule annotation:
    input:
        unpack(lambda wildcards: PLAN.annotation_inputs(wildcards.annotation_set)),
    output:
        table=f"{RESULTS}/annotation/{{annotation_set}}/transcripts.parquet",
        genepred=f"{RESULTS}/annotation/{{annotation_set}}/transcripts.genepred.gz",
        excluded=f"{RESULTS}/annotation/{{annotation_set}}/excluded.parquet",
        rejected=f"{RESULTS}/annotation/{{annotation_set}}/rejected.parquet",
        summary=f"{RESULTS}/annotation/{{annotation_set}}/summary.json",
    log:
        f"{LOGS}/annotation/{{annotation_set}}.log",
    benchmark:
        f"{BENCHMARKS}/annotation/{{annotation_set}}.tsv"
    priority: 10
    conda:
        "../envs/orthrus.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        version=annotation.STAGE_VERSION,
        options=lambda wildcards: PLAN.annotation_options(wildcards.annotation_set),
        folder=subpath(output.table, parent=True),
        settings=flags(BUILD.annotation),
    message:
        "Reading the annotation {wildcards.annotation_set}"
    shell:
        "orthrus annotation build {input.table:q} {params.options} {params.settings}"
        " -o {params.folder:q} 2> {log:q}"
