# transcripts: genome + transcript table -> six-track Zarr store per annotation set
from orthrus import transcripts


rule transcripts:
    input:
        table=f"{RESULTS}/annotation/{{annotation_set}}/transcripts.parquet",
        genome=lambda wildcards: PLAN.resource(SETS[wildcards.annotation_set].genome),
    output:
        directory(f"{RESULTS}/transcripts/{{annotation_set}}.zarr"),
    log:
        f"{LOGS}/transcripts/{{annotation_set}}.log",
    benchmark:
        f"{BENCHMARKS}/transcripts/{{annotation_set}}.tsv"
    conda:
        "../envs/orthrus.yaml"
    resources:
        mem_mb=6000,
        runtime=60,
    params:
        version=transcripts.STAGE_VERSION,
        settings=flags(BUILD.transcripts),
    message:
        "Encoding the transcripts of {wildcards.annotation_set}"
    shell:
        "orthrus transcripts encode {input.table} {input.genome} -o {output}"
        " {params.settings} 2> {log}"
