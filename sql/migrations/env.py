"""Alembic's environment: migrates the connection it is handed, or the warehouse of the settings."""

from alembic import context
from sqlalchemy import Connection, create_engine

from pipeline.config import read_settings
from pipeline.warehouse.engine import warehouse_url
from pipeline.warehouse.tables import metadata


def migrate(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=metadata, compare_type=True, compare_server_default=True)
    with context.begin_transaction():
        context.run_migrations()


handed = context.config.attributes.get("connection")
if handed is not None:
    migrate(handed)
else:
    with create_engine(warehouse_url(read_settings())).begin() as opened:
        migrate(opened)
