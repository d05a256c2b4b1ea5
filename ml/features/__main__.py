"""Applies the feature definitions: `python -m ml.features`; running it again changes nothing."""

from ml.features.store import apply
from ml.settings import MlSettings

if __name__ == "__main__":
    apply(MlSettings())
