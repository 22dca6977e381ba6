-- A count as a reader may see it: NULL where one to four people stand behind it, but for officers, the writer and the
-- owner of the tables. Five is the smallest cell that health registers commonly publish, and the number is
-- small_cell_voices of Policy. Both bodies are read once, here: no search path of a reader leads them astray.
create function staging.sees_small_cells() returns boolean
language sql stable parallel safe
return exists (
    select 1
    from pg_catalog.pg_roles
    where
        pg_catalog.pg_has_role(current_user, pg_roles.oid, 'member')
        and (
            pg_roles.rolname in ('auscult_officer', 'auscult_writer')
            -- By name: an analyst may not look into schema public.
            or pg_roles.oid = (
                select pg_class.relowner
                from pg_catalog.pg_class
                inner join pg_catalog.pg_namespace on pg_class.relnamespace = pg_namespace.oid
                where pg_namespace.nspname = 'public' and pg_class.relname = 'posts'
            )
        )
);
comment on function staging.sees_small_cells() is
'Whether who asks is an officer, the writer or the owner of the tables.';

create function staging.shown(cell bigint, voices bigint) returns bigint
language sql stable parallel safe
return case
    when voices >= 5 or cell = 0 then cell
    when staging.sees_small_cells() then cell
end;
comment on function staging.shown(bigint, bigint) is
'The count, or NULL for an analyst where one to four people stand behind it.';
