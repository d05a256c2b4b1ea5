"""The process in which Kubeflow's local runner works; started by `pipelines.retrain.local`.

Kubeflow keeps the local runner's settings in a global and prints what its components print, so it
gets a process to itself.
"""

import json
import sys
import warnings
from pathlib import Path

from kfp import local

from pipelines.retrain.pipeline import retrain


def main(folder: Path) -> None:
    """Run with the parameters in `folder`/parameters.json; the outputs go to outputs.json."""
    # It expects the word "python" in an image's name, though it starts no image.
    warnings.filterwarnings("ignore", category=RuntimeWarning, message="You may be attemping")
    local.init(
        runner=local.SubprocessRunner(use_venv=False),
        pipeline_root=str(folder),
        raise_on_error=True,
    )
    task = retrain(**json.loads((folder / "parameters.json").read_text()))
    (folder / "outputs.json").write_text(json.dumps(task.outputs))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
