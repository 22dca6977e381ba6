"""What the roles may not, tried against a real server by people who sign in as them."""

import secrets
from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import errors, sql
from sqlalchemy.engine import make_url

from pipeline.warehouse.tables import metadata, outbox, posts
from pipeline.workplace import Workplace

# Stands in the words, the title and the address of a post, and in a mail: an analyst must see it nowhere.
SECRET = "zanzibarquokka"
READERS = ("auscult_analyst", "auscult_officer")
ALL = (*READERS, "auscult_writer")

# Each is refused for want of a privilege, to all three roles where nothing else is said.
REFUSED = {
    "base table": "select text from public.posts",
    "base table by COPY": "copy public.posts to stdout",
    "base table by a query in COPY": "copy (select text from public.posts) to stdout",
    "whole row": "select posts from public.posts",
    "count only": "select count(*) from public.posts",
    "no column at all": "select from public.posts",
    "by a condition": "select 1 where exists (select 1 from public.posts where text like 'a%')",
    "as XML": "select query_to_xml('select text from public.posts', true, false, '')",
    "table as XML": "select table_to_xml('public.posts', true, false, '')",
    "as text search statistics": "select * from ts_stat('select to_tsvector(text) from public.posts')",
    "in a plan": "explain (analyze, verbose) select text from public.posts",
    "by plpgsql": "do $$ begin perform text from public.posts; end $$",
    "by a cursor": "declare hidden cursor for select text from public.posts",
    "by a prepared statement": "prepare hidden as select text from public.posts",
    "locked": "lock table public.posts in access share mode",
    "mail": "select message from public.outbox",
    "view below the views": "select author_hash from staging.stg_posts",
    "function below the views": "select staging.shown(1, 1)",
    "sequence": "select * from public.posts_post_id_seq",
    "next number": "select nextval('public.posts_post_id_seq')",
    "set number": "select setval('public.posts_post_id_seq', 1)",
    "raw statistics": "select * from pg_catalog.pg_statistic",
    "passwords": "select * from pg_catalog.pg_authid",
    "large objects": "select * from pg_catalog.pg_largeobject",
    "new large object": "select lo_create(0)",
    "new large object with bytes": "select lo_from_bytea(0, 'x')",
    "insert": "insert into marts.mart_claims (claim_id) values ('x')",
    "update": "update marts.mart_claims set claim = 'x'",
    "delete": "delete from marts.mart_claims",
    "select for update": "select claim_id from marts.mart_claims for update",
    "truncate": "truncate public.posts",
    "new table": "create table public.mine (a int)",
    "new table beside the views": "create table marts.mine (a int)",
    "temporary table": "create temporary table mine (a int)",
    "temporary view that shadows": "create temporary view posts as select 1",
    "new view": "create view marts.mine as select 1",
    "new function": "create function marts.mine() returns int language sql return 1",
    "new schema": "create schema mine",
    "new role": "create role mine",
    "without the extension": "drop extension vector",
    "new publication": "create publication mine for all tables",
    "new subscription": "create subscription mine connection 'dbname=x' publication y with (connect = false)",
    "function of the system's library": "create function pg_temp.mine() returns int language c as 'libc', 'system'",
    "changed view": "create or replace view marts.mart_claims as select text from public.posts",
    "dropped view": "drop view marts.mart_claims",
    "trigger": "create trigger mine after insert on public.posts execute function suppress_redundant_updates_trigger()",
    "rule": "create rule mine as on select to public.posts do instead select 1",
    "comment": "comment on view marts.mart_claims is 'mine'",
    "membership": "grant auscult_writer to current_user",
    "membership of all readers": "grant pg_read_all_data to current_user",
    "superuser": "alter role current_user superuser",
    "owner": "set role postgres",
    "owner's session": "set session authorization postgres",
    "other readers' role": "set role pg_read_all_data",
    "file": "select pg_read_file('PG_VERSION')",
    "file as bytes": "select pg_read_binary_file('PG_VERSION')",
    "folder": "select pg_ls_dir('.')",
    "log folder": "select pg_ls_waldir()",
    "file by COPY": "copy (select 1) to '/tmp/mine'",
    "program by COPY": "copy (select 1) to program 'cat'",
    "file as large object": "select lo_import('/etc/passwd')",
    "settings of a database": "alter database postgres set log_statement = 'all'",
    "statements in the log": "set log_statement = 'all'",
    "reload": "select pg_reload_conf()",
    "other people's sessions": "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'postgres'",
    "replication": "select pg_create_physical_replication_slot('mine')",
    "configuration files": "select * from pg_hba_file_rules",
}
# What of these the writer needs: it runs the steps, and sees small cells as they are.
WRITER_MAY = {
    *("base table", "base table by COPY", "base table by a query in COPY", "whole row", "count only"),
    *("no column at all", "by a condition", "as XML", "table as XML", "as text search statistics", "in a plan"),
    *("by plpgsql", "by a cursor", "by a prepared statement", "locked", "mail"),
}


@pytest.fixture
def people(demo: Workplace) -> Iterator[dict[str, psycopg.Connection]]:
    """A signed-in member of each role, and the owner, in a warehouse whose statistics know the secret."""
    with demo.engine.begin() as connection:
        hidden = {"text": f"{SECRET} words", "title": SECRET, "url": f"https://example.org/{SECRET}"}
        connection.execute(sa.update(posts).values(**hidden, author_hash=SECRET))
        connection.execute(sa.update(outbox).values(message=SECRET.encode(), receiver=SECRET))
        connection.exec_driver_sql("analyze")
    url = make_url(demo.settings.database_url)
    where = {"host": str(url.query["host"]), "dbname": url.database, "autocommit": True}
    names = {role: f"{role}_{secrets.token_hex(4)}" for role in ALL}
    password = secrets.token_hex(8)
    with psycopg.connect(**where, user="postgres") as owner:
        for role, name in names.items():
            owner.execute(f"create role {name} login password '{password}' in role {role}")
        opened = {role: psycopg.connect(**where, user=name, password=password) for role, name in names.items()}
        yield {**opened, "owner": owner}
        for connection in opened.values():
            connection.close()
        for name in names.values():
            owner.execute(f"drop role {name}")


@pytest.mark.parametrize("role", ALL)
def test_what_is_refused(people: dict[str, psycopg.Connection], role: str) -> None:
    let_through = []
    for name, statement in REFUSED.items():
        if role == "auscult_writer" and name in WRITER_MAY:
            continue
        try:
            # One transaction, taken back: a statement that is let through leaves nothing for the next.
            with people[role].transaction(force_rollback=True):
                people[role].execute(statement)
            let_through.append(name)
        except errors.InsufficientPrivilege:
            pass
    assert let_through == []


@pytest.mark.parametrize("role", READERS)
def test_no_relation_of_any_schema_shows_the_secret(people: dict[str, psycopg.Connection], role: str) -> None:
    # The owner's session has just run a query that quotes it, and one waits with it.
    people["owner"].execute(sql.SQL("select {}").format(sql.Literal(SECRET)))
    listed = people[role].execute(
        "select relnamespace::regnamespace::text, relname from pg_class where relkind in ('r', 'v', 'm', 't', 'S', 'p')"
    )
    shown, read = [], 0
    for schema, name in listed.fetchall():
        try:
            rows = people[role].execute(sql.SQL("select * from {}").format(sql.Identifier(schema, name))).fetchall()
        except errors.Error:
            people[role].rollback()
            continue
        read += 1
        if SECRET in str(rows):
            shown.append(f"{schema}.{name}")
    assert shown == []
    assert read > 150, "the system's own views are readable and were read"


@pytest.mark.parametrize("role", READERS)
def test_statistics_and_plans_tell_nothing(people: dict[str, psycopg.Connection], role: str) -> None:
    known = "select count(*) from pg_stats where tablename = 'posts' and most_common_vals::text like %s"
    assert people["owner"].execute(known, [f"%{SECRET}%"]).fetchone() != (0,), "the owner's statistics hold the secret"
    told = [
        people[role].execute(statement).fetchall()
        for statement in (
            "select * from pg_stats where schemaname <> 'pg_catalog'",
            "select pg_get_viewdef(oid) from pg_class where relkind = 'v'",
            "explain (analyze, verbose) select * from marts.mart_claims_weekly",
            "explain (verbose) select * from marts.mart_alerts where reason like '%a%'",
            "select * from information_schema.columns",
        )
    ]
    assert SECRET not in str(told)
    assert people[role].execute("select count(*) from pg_stats where schemaname = 'public'").fetchone() == (0,)


def test_a_search_path_leads_nobody_past_the_views(people: dict[str, psycopg.Connection]) -> None:
    analyst = people["auscult_analyst"]
    analyst.execute("set search_path = public, staging, marts, pg_catalog")
    for name in ("posts", "stg_posts", "matches"):
        with pytest.raises(errors.UndefinedTable):
            analyst.execute(f"select * from {name}")
    small = "select count(*) from mart_alerts where voices < 5 and voices > 0"
    assert analyst.execute(small).fetchone() == (0,)
    assert people["auscult_officer"].execute(small.replace("mart_", "marts.mart_")).fetchone() != (0,)


def test_readers_have_a_select_on_the_views_and_nothing_else(people: dict[str, psycopg.Connection]) -> None:
    owner = people["owner"]
    for role in READERS:
        tables = owner.execute(
            """
            select relnamespace::regnamespace::text as schema, privilege
            from pg_class
            cross join unnest(array['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger'])
                as privilege
            where relnamespace::regnamespace::text not in ('pg_catalog', 'information_schema', 'pg_toast')
                and relkind in ('r', 'v', 'm', 'p') and has_table_privilege(%s, oid, privilege)
            group by 1, 2
            """,
            [role],
        ).fetchall()
        assert tables == [("marts", "select")]
        schemas = owner.execute(
            """
            select nspname, privilege from pg_namespace cross join unnest(array['usage', 'create']) as privilege
            where nspname not like 'pg_%%' and nspname <> 'information_schema'
                and has_schema_privilege(%s, oid, privilege)
            """,
            [role],
        ).fetchall()
        assert schemas == [("marts", "usage")]


def test_no_role_is_more_than_it_says(people: dict[str, psycopg.Connection]) -> None:
    owner = people["owner"]
    rights = "rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls or rolcanlogin"
    assert owner.execute(f"select 1 from pg_roles where rolname = any(%s) and ({rights})", [list(ALL)]).rowcount == 0
    inside = "select 1 from pg_auth_members where member::regrole::text = any(%s)"
    assert owner.execute(inside, [list(ALL)]).rowcount == 0
    kept = "select has_database_privilege(%s, current_database(), %s)"
    for role in ALL:
        for privilege in ("create", "temporary"):
            assert owner.execute(kept, [role, privilege]).fetchone() == (False,)


def test_the_writer_rewrites_no_history(people: dict[str, psycopg.Connection]) -> None:
    writer = people["auscult_writer"]
    for statement in (
        "update public.alert_events set note = ''",
        "update public.tombstones set reason = 'gone'",
        "update public.calibrations set threshold = 0",
        "delete from public.calibration_acts",
        "delete from public.claims",
        "delete from public.source_terms",
        "update public.alembic_version set version_num = '0000'",
        "insert into public.alembic_version values ('0000')",
    ):
        with pytest.raises(errors.InsufficientPrivilege):
            writer.execute(statement)
    names = {table.name for table in metadata.sorted_tables}
    readable = writer.execute(
        "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
        " and has_table_privilege(oid, 'select') and has_table_privilege(oid, 'insert')"
    )
    assert {row[0] for row in readable} == names
