"""`python -m pipelines.retrain.compile OUT.yaml`: the pipeline as Kubeflow reads it.

RECSYS_PIPELINE_IMAGE names the image that its components run in.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from kfp import compiler

from pipelines.retrain.pipeline import retrain


def compile_to(path: Path) -> None:
    """Write the compiled pipeline; the same code gives the same bytes."""
    compiler.Compiler().compile(retrain, str(path))


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Compile the pipeline `retrain`.")
    parser.add_argument("out", type=Path, metavar="OUT.yaml")
    compile_to(parser.parse_args(arguments).out)


if __name__ == "__main__":
    main()
