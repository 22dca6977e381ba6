"""The way into the warehouse: an engine on the embedded server or on AUSCULT_DATABASE_URL, with the schema in force."""

import hashlib
from contextlib import closing
from pathlib import Path

import psycopg
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import URL, Connection, Engine, make_url

from pipeline.config import ROOT, Settings
from pipeline.errors import ConfigError
from pipeline.warehouse import embedded

MINIMUM_SERVER = 150000
SQL_FOLDER = ROOT / "sql"
ROLES_FILE = SQL_FOLDER / "roles.sql"

# Any fixed number, ours alone: it keeps two processes from migrating at once.
_MIGRATION_LOCK = 0x4155_5343_0001


def open_engine(settings: Settings) -> Engine:
    """An engine on the warehouse, its schema migrated to the newest version.

    Starts or joins the embedded server where no AUSCULT_DATABASE_URL is set. Raises ConfigError where the server is
    not reachable, older than PostgreSQL 15, or lacks pgvector.
    """
    engine = sa.create_engine(warehouse_url(settings), pool_pre_ping=True, pool_size=5, hide_parameters=True)
    sa.event.listen(engine, "handle_error", _keep_rows_out)
    try:
        with engine.begin() as connection:
            _require_server(connection)
            prepare_schema(connection)
    except sa.exc.OperationalError as error:
        raise ConfigError(f"the warehouse does not answer: {str(error.orig).splitlines()[0]}") from None
    except sa.exc.ProgrammingError as error:
        hint = "an administrator must run there: create extension vector; and grant us the right to create tables"
        raise ConfigError(f"the schema cannot be made: {str(error.orig).splitlines()[0]} ({hint})") from None
    return engine


def warehouse_url(settings: Settings) -> URL:
    """The address of the warehouse, with our driver."""
    if settings.database_url is None:
        return make_url(embedded.database_url(embedded.start_server(settings.database_folder), "auscult"))
    try:
        url = make_url(settings.database_url)
    except (sa.exc.ArgumentError, ValueError):
        raise ConfigError("AUSCULT_DATABASE_URL is not an address like postgresql://user@host/database") from None
    if url.get_backend_name() not in {"postgresql", "postgres"}:
        raise ConfigError(f"AUSCULT_DATABASE_URL names {url.get_backend_name()}: only PostgreSQL (15 or later) works")
    return url.set(drivername="postgresql+psycopg")


def prepare_schema(connection: Connection) -> None:
    """Bring tables, views and roles to the version of this checkout; a no-op where they are."""
    connection.execute(sa.text("select pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
    config = alembic_config()
    head = ScriptDirectory.from_config(config).get_current_head()
    if MigrationContext.configure(connection).get_current_revision() != head:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    _apply_views(connection)
    _apply_roles(connection, str(head))


def alembic_config() -> Config:
    """Alembic's configuration: the section [alembic] of setup.cfg."""
    config = Config(str(ROOT / "setup.cfg"))
    # Absolute, so that every command works from any folder.
    config.set_main_option("script_location", str(SQL_FOLDER / "migrations"))
    return config


def view_files() -> list[Path]:
    """The SQL files that make the views, in the order in which they apply."""
    folders = (SQL_FOLDER / "staging", SQL_FOLDER / "marts")
    return [path for folder in folders for path in sorted(folder.glob("*.sql"))]


def _require_server(connection: Connection) -> None:
    version = connection.execute(sa.text("select current_setting('server_version_num')::int")).scalar_one()
    if version < MINIMUM_SERVER:
        raise ConfigError(f"the server is PostgreSQL {version // 10000}; 15 or later is needed")
    available = sa.text("select 1 from pg_available_extensions where name = 'vector'")
    if connection.execute(available).first() is None:
        raise ConfigError("the server lacks the extension pgvector: install it there first")


def _keep_rows_out(context: sa.engine.ExceptionContext) -> None:
    # "Failing row contains (…)": the server's detail quotes a post, and an error ends in a log.
    original = context.original_exception
    if isinstance(original, psycopg.Error) and context.sqlalchemy_exception is not None:
        said = original.diag.message_primary or type(original).__name__
        original.args = (said,)
        context.sqlalchemy_exception.args = (f"({type(original).__name__}) {said}",)


def _apply_views(connection: Connection) -> None:
    texts = [path.read_text() for path in view_files()]
    fingerprint = _fingerprint(*texts)
    if _comment_on(connection, "marts") == fingerprint:
        return
    # Straight to the driver, because SQLAlchemy would take a % in a file for a parameter.
    with closing(connection.connection.cursor()) as cursor:
        for schema in ("marts", "staging"):
            cursor.execute(f"drop schema if exists {schema} cascade")
            cursor.execute(f"create schema {schema}")
        for statements in texts:
            cursor.execute(statements)
        cursor.execute(f"comment on schema marts is '{fingerprint}'")


def _apply_roles(connection: Connection, head: str) -> None:
    # Rights hang on the tables there are and on this very database: after a migration, and in a restored copy, they
    # are given anew. New views have lost them, and the comment with them.
    database = connection.execute(sa.text("select oid from pg_database where datname = current_database()"))
    fingerprint = _fingerprint(ROLES_FILE.read_text(), head, str(database.scalar_one()))
    if _comment_on(connection, "staging") == fingerprint:
        return
    with closing(connection.connection.cursor()) as cursor:
        cursor.execute(ROLES_FILE.read_text())
        cursor.execute(f"comment on schema staging is '{fingerprint}'")


def _fingerprint(*texts: str) -> str:
    return hashlib.sha256("\x1f".join(texts).encode()).hexdigest()[:16]


def _comment_on(connection: Connection, schema: str) -> str | None:
    read = sa.text("select obj_description(to_regnamespace(:schema), 'pg_namespace')")
    found: str | None = connection.execute(read, {"schema": schema}).scalar()
    return found
