"""What EDB's operator leaves to its user: old snapshots are deleted, and backups are tried out."""
