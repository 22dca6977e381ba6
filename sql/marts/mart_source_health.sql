-- One row per source: its newest read, what came of it, and what is unfinished or missing.
create view marts.mart_source_health as
with newest as (
    select distinct on (source)
        source,
        run_at as newest_run_at
    from public.ingest_runs
    order by source asc, run_at desc
),

-- A read that was killed and repeated at the same clock is judged by its last try.
last_tries as (
    select distinct on (ingest_runs.source, ingest_runs.query_key)
        ingest_runs.source,
        ingest_runs.outcome,
        ingest_runs.detail,
        newest.newest_run_at
    from newest
    inner join public.ingest_runs
        on
            newest.source = ingest_runs.source
            and newest.newest_run_at = ingest_runs.run_at
    order by ingest_runs.source asc, ingest_runs.query_key asc, ingest_runs.run_id desc
),

runs as (
    select
        source,
        newest_run_at,
        array_agg(distinct outcome) as outcomes,
        max(detail) as detail
    from last_tries
    group by source, newest_run_at
),

amounts as (
    select
        newest.source,
        sum(ingest_runs.fetched_posts) as fetched_posts,
        sum(ingest_runs.new_posts) as new_posts,
        sum(ingest_runs.quarantined_posts) as quarantined_posts
    from newest
    inner join public.ingest_runs
        on
            newest.source = ingest_runs.source
            and newest.newest_run_at = ingest_runs.run_at
    group by newest.source
),

totals as (
    select
        source,
        count(*) as stored_posts,
        max(created_at) as newest_post_at
    from public.posts
    group by source
),

reads as (
    select
        source,
        max(run_at) as newest_read_at
    from public.ingest_runs
    where outcome in ('ok', 'partial')
    group by source
),

gaps as (
    select
        source,
        count(*) as coverage_gaps
    from public.coverage_gaps
    group by source
)

select
    runs.source,
    runs.newest_run_at,
    runs.outcomes,
    runs.detail,
    amounts.fetched_posts,
    amounts.new_posts,
    amounts.quarantined_posts,
    reads.newest_read_at,
    totals.newest_post_at,
    coalesce(totals.stored_posts, 0) as stored_posts,
    coalesce(gaps.coverage_gaps, 0) as coverage_gaps
from runs
inner join amounts on runs.source = amounts.source
left join totals on runs.source = totals.source
left join reads on runs.source = reads.source
left join gaps on runs.source = gaps.source
order by runs.source;
comment on view marts.mart_source_health is
'One row per source: its newest read and what came of it, so that a silent source is not taken for silence.';
