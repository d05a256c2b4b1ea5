import subprocess
import sys

HEAVY = ("torch", "sentence_transformers", "transformers", "safetensors", "scipy", "kfp")


def test_the_processor_needs_nothing_that_trains() -> None:
    """Its image installs the extras `streams` and `features` alone."""
    code = (
        "import sys, streams.processor.__main__;"
        f"print(*(name for name in {HEAVY} if name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=120
    )
    assert done.stdout.split() == []
