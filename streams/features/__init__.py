"""What the processor needs of Feast: its stores in PostgreSQL and the live history.

The definitions of entities, views and services are in `ml.features`.
"""

import sys

# Feast imports torch where it is installed, for exports that are not used here. That costs the
# processor and every web worker seconds and 250 MB, so Feast is imported as if torch were missing.
if "torch" not in sys.modules:
    sys.modules["torch"] = None  # type: ignore[assignment]
    try:
        import feast  # noqa: F401
    finally:
        del sys.modules["torch"]
