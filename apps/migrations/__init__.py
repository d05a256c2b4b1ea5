"""The database's history (Alembic): one database, one schema an owner, nothing ever dropped."""
