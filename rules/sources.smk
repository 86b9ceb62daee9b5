# sources: catalogue -> verified files on disk
from orthrus import simulate, sources


localrules:
    sources_lock,


if PLAN.made_mirror:

    rule simulate:
        output:
            directory(PLAN.made_mirror[0]),
        log:
            f"{LOGS}/simulate.log",
        benchmark:
            f"{BENCHMARKS}/simulate.tsv"
        conda:
            "../envs/orthrus.yaml"
        params:
            version=simulate.STAGE_VERSION,
            settings=flags(BUILD.simulate),
        resources:
            mem_mb=4000,
            runtime=30,
        message:
            "Making the synthetic clade"
        shell:
            "orthrus simulate {output} {params.settings} 2> {log}"


# The mirror and the lock are no parameters: a file that came from elsewhere is the same file.
rule sources_fetch:
    input:
        ancient(PLAN.made_mirror),
    output:
        file=f"{RESOURCES}/{{path}}",
        record=f"{RESOURCES}/.records/{{path}}.json",
    wildcard_constraints:
        path=one_of(set(PLAN.sources()) - set(PLAN.temporary_genomes)),
    log:
        f"{LOGS}/sources/{{path}}.log",
    benchmark:
        f"{BENCHMARKS}/sources/{{path}}.tsv"
    conda:
        "../envs/orthrus.yaml"
    params:
        version=sources.STAGE_VERSION,
        settings=flags(BUILD.sources),
    resources:
        mem_mb=1000,
        runtime=240,
        downloads=1,
    retries: 2
    message:
        "Fetching {wildcards.path}"
    shell:
        "orthrus sources fetch {wildcards.path} --resources {RESOURCES} {MIRROR} --lock {LOCK}"
        " --record {output.record} {params.settings} 2> {log}"


use rule sources_fetch as sources_fetch_query_genome with:
    output:
        file=temp(f"{RESOURCES}/{{path}}"),
        record=f"{RESOURCES}/.records/{{path}}.json",
    wildcard_constraints:
        path=one_of(PLAN.temporary_genomes),


rule sources_lock:
    input:
        [f"{RESOURCES}/.records/{path}.json" for path in PLAN.sources()],
    output:
        f"{RESULTS}/sources/verified.tsv",
    log:
        f"{LOGS}/sources_lock.log",
    benchmark:
        f"{BENCHMARKS}/sources_lock.tsv"
    conda:
        "../envs/orthrus.yaml"
    params:
        version=sources.STAGE_VERSION,
    resources:
        mem_mb=1000,
        runtime=10,
    message:
        "Checking all sources against {LOCK}"
    shell:
        "orthrus sources lock {input} --lock {LOCK} -o {output} 2> {log}"
