-- Roles of the warehouse and what they may. Applied after the views, after each migration and in each new database;
-- safe to run again. A server that does not let us do a part of it says so in a notice and gets the rest.
do $$
declare
    wanted text;
begin
    foreach wanted in array array['auscult_writer', 'auscult_analyst', 'auscult_officer'] loop
        if not exists (select 1 from pg_roles where rolname = wanted) then
            execute format('create role %I nologin', wanted);
        end if;
    end loop;
exception
    when insufficient_privilege then
        raise notice 'not allowed to create roles: ask the administrator of this server to run sql/roles.sql';
end
$$;

-- The writer runs the steps; analysts and officers see the views.
do $$
begin
    revoke all on schema public from public;
    grant usage on schema public to auscult_writer;
    grant select, insert, update, delete on all tables in schema public to auscult_writer;
    -- What happened to an alert is only ever added; retention deletes, nobody rewrites. Nor is an erasure rewritten, nor
    -- a version of a claim or an acceptance of terms deleted; what was fitted to reviews stays. Migrations are the
    -- owner's.
    revoke update on public.alert_events, public.tombstones from auscult_writer;
    revoke delete on public.claims, public.source_terms from auscult_writer;
    revoke update, delete on public.calibration_fits, public.calibrations, public.calibration_acts from auscult_writer;
    revoke insert, update, delete on public.alembic_version from auscult_writer;
    grant usage on schema marts to auscult_writer, auscult_analyst, auscult_officer;
    grant select on all tables in schema marts to auscult_writer, auscult_analyst, auscult_officer;
exception
    when undefined_object or insufficient_privilege then
        raise notice 'grants were not applied: %', sqlerrm;
end
$$;

-- Whoever may connect could else write after all: temporary tables, and large objects that nobody finds again.
do $$
begin
    execute format('revoke temporary on database %I from public', current_database());
exception
    when insufficient_privilege then
        raise notice 'temporary tables were not forbidden: %', sqlerrm;
end
$$;
do $$
begin
    revoke execute on function
        pg_catalog.lo_creat(integer), pg_catalog.lo_create(oid), pg_catalog.lo_from_bytea(oid, bytea)
    from public;
exception
    when insufficient_privilege then
        raise notice 'large objects were not forbidden: %', sqlerrm;
end
$$;
