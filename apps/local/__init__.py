"""The laptop stack: every part of the system as a process under one supervisor."""
