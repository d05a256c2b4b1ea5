"""How the shop is, for probes."""
