"""The pre-flight's checks: each returns what it found, or raises a RecsysError with what to do."""
