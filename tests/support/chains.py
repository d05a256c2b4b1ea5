"""A chain whose lists are what the model says, for tests that compute them once more."""

import json

PLAIN_CHAIN = json.dumps(
    {
        "fused": {},
        "filters": [{"stage": "bought"}, {"stage": "viewed"}],
        "order": [{"stage": "spread"}],
    }
)
"""It leaves out all that was met lately, and spreads."""
