# sources: catalogue -> verified files on disk
from orthrus import simulate, sources


localrules:
    sources_lock,


if BUILD.sources.fetch_on == "head":

    localrules:
        sources_fetch,
        sources_fetch_query_genome,


if PLAN.made_mirror:

    localrules:
        simulate,

    rule simulate:
        output:
            directory(PLAN.made_mirror[0]),
        log:
            f"{LOGS}/simulate.log",
        benchmark:
            f"{BENCHMARKS}/simulate.tsv"
        conda:
            "../envs/orthrus.yaml"
        resources:
            mem_mb=4000,
            runtime=30,
        params:
            version=simulate.STAGE_VERSION,
            settings=flags(BUILD.simulate),
        message:
            "Making the synthetic clade"
        shell:
            "orthrus simulate {output:q} {params.settings} 2> {log:q}"


rule sources_fetch:
    input:
        PLAN.made_mirror,
    output:
        file=f"{RESOURCES}/{{path}}",
        record=f"{RESOURCES}/.records/{{path}}.json",
    log:
        f"{LOGS}/sources/{{path}}.log",
    benchmark:
        f"{BENCHMARKS}/sources/{{path}}.tsv"
    # Query genomes take turns on disk: one is fetched when nothing that frees one can be done.
    priority: 1
    retries: 2
    conda:
        "../envs/orthrus.yaml"
    resources:
        mem_mb=1000,
        runtime=240,
        downloads=1,
    params:
        version=sources.STAGE_VERSION,
        folder=lambda wildcards, output: output.file.removesuffix(wildcards.path),
        pin=lambda wildcards: PLAN.pin_flag(wildcards.path),
        mirror=PLAN.mirror_flag,
        slots=f"{RESOURCES}/.hosts",
        # Naming `output` keeps it out of what reruns a job: how a file came does not change it.
        settings=lambda wildcards, output: flags(BUILD.sources),
    message:
        "Fetching {wildcards.path}"
    shell:
        "orthrus sources fetch {wildcards.path:q} {params.pin} --resources {params.folder:q}"
        " {params.mirror} --slots {params.slots:q} --record {output.record:q} {params.settings}"
        " 2> {log:q}"


use rule sources_fetch as sources_fetch_query_genome with:
    output:
        file=temp(f"{RESOURCES}/scratch/{{path}}"),
        record=f"{RESOURCES}/scratch/.records/{{path}}.json",
    priority: 0


rule sources_lock:
    input:
        PLAN.records(),
    output:
        f"{RESULTS}/sources/verified.tsv",
    log:
        f"{LOGS}/sources_lock.log",
    benchmark:
        f"{BENCHMARKS}/sources_lock.tsv"
    priority: 100
    conda:
        "../envs/orthrus.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    # The lock is no output: it has to outlive reruns, to notice what changed at a source.
    params:
        version=sources.STAGE_VERSION,
        lock=str(PLAN.lock),
    message:
        "Checking all sources against {params.lock}"
    shell:
        "orthrus sources lock {input:q} --lock {params.lock:q} -o {output:q} 2> {log:q}"
