-- One row per source and day (UTC) on which it was read.
create view marts.mart_reads_daily as
with tries as (
    select
        source,
        outcome,
        fetched_posts,
        new_posts,
        quarantined_posts,
        calls,
        cost_usd,
        -- A read that was killed and repeated at the same clock is judged by its best try.
        row_number() over (
            partition by source, query_key, run_at order by (outcome = 'ok') desc, run_id desc
        ) = 1 as judged,
        (run_at at time zone 'UTC')::date as read_on
    from public.ingest_runs
    where purpose = 'listen' and source <> 'canary' and outcome not in ('busy', 'off')
)

select
    source,
    read_on,
    count(*) filter (where judged) as reads,
    count(*) filter (where judged and outcome = 'ok') as complete_reads,
    sum(fetched_posts)::bigint as fetched_posts,
    sum(new_posts)::bigint as new_posts,
    sum(quarantined_posts)::bigint as quarantined_posts,
    sum(calls)::bigint as calls,
    sum(cost_usd) as cost_usd
from tries
group by source, read_on;
comment on view marts.mart_reads_daily is
'One row per source and day: how many reads of its queries were complete, what they brought and what they cost.';
comment on column marts.mart_reads_daily.source is 'connector';
comment on column marts.mart_reads_daily.read_on is 'day (UTC) by the clock of the run';
comment on column marts.mart_reads_daily.reads is 'reads of its queries, repeats of the same run not counted';
comment on column marts.mart_reads_daily.complete_reads is
'of these, reads that reached what was known before; the hours that are missing are in mart_coverage';
comment on column marts.mart_reads_daily.fetched_posts is 'records that the source handed over, repeats too';
comment on column marts.mart_reads_daily.new_posts is 'of these, stored for the first time';
comment on column marts.mart_reads_daily.quarantined_posts is 'of these, set aside with a reason';
comment on column marts.mart_reads_daily.calls is 'requests made to the platform, repeats too';
comment on column marts.mart_reads_daily.cost_usd is 'what the platform charges for it, US dollars';
