"""The laptop stack: every component of the system as a process under one supervisor."""
