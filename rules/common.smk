# Names that all rules share.
import re
from shlex import quote

from snakemake.exceptions import WorkflowError

from orthrus.config import flags
from orthrus.errors import OrthrusError
from orthrus.log import without_secrets

RUN_LOCK = clear_stale_locks(main=workflow.is_main_process)

try:
    PLAN = BuildPlan(config)
    SETS = PLAN.sets
    READ_MODELS = PLAN.read
    PLAN.check()
except OrthrusError as error:
    raise WorkflowError(without_secrets(str(error)))

BUILD = PLAN.build
RESULTS = PLAN.results
RESOURCES = PLAN.resources
LOGS = f"{RESULTS}/logs"
BENCHMARKS = f"{RESULTS}/benchmarks"
TASK_NAMES = list(BUILD.tasks)
MODEL_NAMES = list(BUILD.models)
COMPARED_MODELS = BUILD.compared_models


def one_of(names):
    """Return the regular expression that matches exactly the given names."""
    return "|".join(re.escape(name) for name in names) or "(?!)"


wildcard_constraints:
    path=r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+/.+",  # below the resources folder: <host>/<path>
    annotation_set=one_of(SETS),
    model=one_of(MODEL_NAMES),
    compared_model=one_of(COMPARED_MODELS),
    task=one_of(TASK_NAMES),
    split=one_of(BUILD.splits),
    assembly=one_of(BUILD.paralogs),
