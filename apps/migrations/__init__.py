"""The database's history (Alembic): one database, one schema per owner, no data is ever dropped."""
