-- A count as a reader may see it: NULL where fewer than five people stand behind it, but for officers and the owner of
-- the tables. Five is the smallest cell that health registers commonly publish, and the number is small_cell_voices of
-- Policy.
create function staging.shown(cell bigint, voices bigint) returns bigint
language sql stable parallel safe as $$
    select case
        when voices >= 5 then cell
        when exists (
            select 1
            from pg_roles
            where
                pg_has_role(current_user, pg_roles.oid, 'member')
                and (
                    pg_roles.rolname = 'auscult_officer'
                    -- By name: an analyst may not look into schema public.
                    or pg_roles.oid = (
                        select pg_class.relowner
                        from pg_class
                        inner join pg_namespace on pg_class.relnamespace = pg_namespace.oid
                        where pg_namespace.nspname = 'public' and pg_class.relname = 'posts'
                    )
                )
        ) then cell
    end
$$;
comment on function staging.shown(bigint, bigint) is
'The count, or NULL for an analyst where fewer than five people stand behind it.';
