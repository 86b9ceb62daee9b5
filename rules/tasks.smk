# tasks: raw label sources -> benchmark task tables
from orthrus import tasks


rule tasks:
    input:
        lambda wildcards: [
            PLAN.resource(item) for item in BUILD.tasks[wildcards.task].sources
        ],
    output:
        table=f"{RESULTS}/tasks/{{task}}.parquet",
        summary=f"{RESULTS}/tasks/{{task}}.json",
    log:
        f"{LOGS}/tasks/{{task}}.log",
    benchmark:
        f"{BENCHMARKS}/tasks/{{task}}.tsv"
    conda:
        "../envs/orthrus.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        version=tasks.STAGE_VERSION,
        species=lambda wildcards: BUILD.tasks[wildcards.task].species,
    message:
        "Building the task {wildcards.task}"
    shell:
        "orthrus tasks build {wildcards.task} {input} --species {params.species:q}"
        " -o {output.table} 2> {log}"
