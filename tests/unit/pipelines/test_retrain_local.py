import json

from pipelines.retrain.local import Parameters, RunnerLog
from pipelines.retrain.pipeline import retrain

RUN = """\
11:09:36.025 - INFO - Running pipeline: \x1b[95m'retrain'\x1b[0m
--------------------------------------------------------------------------------
11:09:36.029 - INFO - Executing task \x1b[96m'load-data'\x1b[0m
11:09:36.029 - INFO - Streamed logs:

    [KFP Executor 2026-11-21 11:09:36,081 INFO]: Got executor_input:
    {
        "inputs": {
            "parameterValues": {
                "until": ""
            }
        }
    }
    100 interactions, 20 users
    [KFP Executor 2026-11-21 11:09:42,119 INFO]: Wrote executor output file to somewhere.

11:09:42.491 - INFO - Task \x1b[96m'load-data'\x1b[0m finished with status \x1b[92mSUCCESS\x1b[0m
11:09:42.491 - INFO - Task \x1b[96m'load-data'\x1b[0m outputs:
    Output: '2026-11-21T11:09:41.215617+00:00'
    dataset: Dataset( name='dataset',
                      uri='somewhere',
                      metadata={} )
--------------------------------------------------------------------------------
11:09:42.492 - INFO - Executing task \x1b[96m'train-towers'\x1b[0m
11:09:42.492 - INFO - Streamed logs:

    epoch 1 of 2, loss 4.5
"""

FAILURE = """\
    ValueError: it went wrong
11:10:21.6 - ERROR - Task 'train-towers' finished with status \x1b[91mFAILURE\x1b[0m
Traceback (most recent call last):
RuntimeError: Inner task failed: 'train-towers'.
"""


def _read(text: str) -> tuple[RunnerLog, list[str]]:
    lines: list[str] = []
    log = RunnerLog(lines.append)
    for line in text.splitlines(keepends=True):
        log.add(line)
    return log, lines


def test_only_the_lines_of_components_reach_the_callback() -> None:
    log, lines = _read(RUN)
    assert lines == [
        "load-data starts",
        "100 interactions, 20 users",
        "train-towers starts",
        "epoch 1 of 2, loss 4.5",
    ]
    assert list(log.seconds) == ["load-data"]


def test_a_failure_names_the_component_and_ends_with_its_own_last_line() -> None:
    log, _ = _read(RUN + FAILURE)
    assert log.failure() == (
        "the pipeline's component train-towers failed; its last lines:\n"
        "epoch 1 of 2, loss 4.5\n"
        "ValueError: it went wrong"
    )


def test_a_runner_that_does_not_start_is_reported_with_its_output() -> None:
    log, lines = _read("Traceback (most recent call last):\nModuleNotFoundError: kfp\n")
    assert "runner failed" in log.failure()
    assert log.failure().endswith("ModuleNotFoundError: kfp")
    assert lines == []


def test_the_local_run_takes_the_parameters_that_the_pipeline_has() -> None:
    declared = {name: spec.default for name, spec in retrain.component_spec.inputs.items()}
    assert json.loads(Parameters().as_arguments()) == declared
