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


def test_feast_is_not_rewritten_while_it_is_imported() -> None:
    """Typeguard would double the seconds of every process that reads or writes features."""
    code = (
        "import ml.features.definitions, feast, typeguard;"
        "print(*feast.FeatureView.__init__.__code__.co_names, typeguard.typechecked.__name__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=120
    )
    *called, decorator = done.stdout.split()
    assert called
    assert not [name for name in called if name.startswith("check_")]
    assert decorator == "typechecked", "others may have themselves checked"
