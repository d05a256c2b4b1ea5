"""The gate: whether a trained version may replace the live one, and why."""
