"""Where a shop's data comes from: logs, product tables and the synthetic shop."""
