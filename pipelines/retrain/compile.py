"""`python -m pipelines.retrain.compile OUT.yaml`: the pipeline as Kubeflow reads it.

What it names (its image, secrets, resources) comes from `pipelines.retrain.cluster`'s settings.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from kfp import compiler

from pipelines.retrain.cluster import ClusterSettings, retrain_in


def compile_to(path: Path, cluster: ClusterSettings) -> None:
    """Write the compiled pipeline; the same code and settings give the same bytes."""
    compiler.Compiler().compile(retrain_in(cluster), str(path))


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Compile the pipeline `retrain`.")
    parser.add_argument("out", type=Path, metavar="OUT.yaml")
    compile_to(parser.parse_args(arguments).out, ClusterSettings())


if __name__ == "__main__":
    main()
