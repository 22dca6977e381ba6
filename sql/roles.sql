-- Roles of the warehouse. Applied after the views; safe to run again.
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

do $$
begin
    revoke all on schema public from public;
    grant usage on schema public to auscult_writer;
    grant select, insert, update, delete on all tables in schema public to auscult_writer;
    -- What happened to an alert is only ever added; retention deletes, nobody rewrites.
    revoke update on public.alert_events from auscult_writer;
    grant usage on schema marts to auscult_writer, auscult_analyst, auscult_officer;
    grant select on all tables in schema marts to auscult_writer, auscult_analyst, auscult_officer;
    execute format('revoke temporary on database %I from public', current_database());
exception
    when undefined_object or insufficient_privilege then
        raise notice 'grants were not applied: %', sqlerrm;
end
$$;
