"""The Feast repository (entities, views, sources, services) and access to both its stores."""

import sys

# Feast imports torch where it can, for exports that are not used here. That costs the processor
# and every web worker seconds and 250 MB, so it is told that there is none.
if "torch" not in sys.modules:
    sys.modules["torch"] = None  # type: ignore[assignment]
    try:
        import feast  # noqa: F401
    finally:
        del sys.modules["torch"]
