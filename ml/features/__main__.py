"""Applies the feature definitions: `python -m ml.features`; running it again changes nothing."""

from ml.features.apply import apply
from streams.settings import FeatureSettings

if __name__ == "__main__":
    apply(FeatureSettings())
