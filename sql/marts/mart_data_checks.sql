-- One row per data check: what its newest run found.
create view marts.mart_data_checks as
select distinct on (name)
    name,
    ran_at,
    offending
from public.check_runs
order by name asc, ran_at desc;
comment on view marts.mart_data_checks is 'One row per data check: when it last ran and how many rows offended.';
comment on column marts.mart_data_checks.name is 'file of sql/checks';
comment on column marts.mart_data_checks.ran_at is 'clock of its newest run, UTC';
comment on column marts.mart_data_checks.offending is 'rows that offended; 0 is right';
