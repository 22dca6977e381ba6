-- One row per source: its newest read, what came of it, and what is unfinished or missing.
create view marts.mart_source_health as
with ranked as (
    select
        source,
        run_at,
        outcome,
        detail,
        fetched_posts,
        new_posts,
        quarantined_posts,
        dense_rank() over (partition by source order by run_at desc) as clock_rank,
        row_number() over (
            partition by source, query_key, run_at order by (outcome = 'ok') desc, run_id desc
        ) as try_rank
    from public.ingest_runs
    where purpose = 'listen' and source <> 'canary'
),

-- Posts are counted over all tries at the newest clock; a read that was killed and repeated is judged by
-- its best, else by its last.
runs as (
    select
        source,
        run_at as newest_run_at,
        array_agg(distinct outcome) filter (where try_rank = 1) as outcomes,
        max(detail) filter (where try_rank = 1) as detail,
        sum(fetched_posts) as fetched_posts,
        sum(new_posts) as new_posts,
        sum(quarantined_posts) as quarantined_posts
    from ranked
    where clock_rank = 1
    group by source, run_at
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
    where outcome in ('ok', 'partial') and purpose = 'listen'
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
    runs.fetched_posts,
    runs.new_posts,
    runs.quarantined_posts,
    reads.newest_read_at,
    totals.newest_post_at,
    coalesce(totals.stored_posts, 0) as stored_posts,
    coalesce(gaps.coverage_gaps, 0) as coverage_gaps
from runs
left join totals on runs.source = totals.source
left join reads on runs.source = reads.source
left join gaps on runs.source = gaps.source
order by runs.source;
comment on view marts.mart_source_health is
'One row per source: its newest read and what came of it, so that a silent source is not taken for silence.';
comment on column marts.mart_source_health.source is 'connector';
comment on column marts.mart_source_health.newest_run_at is 'clock of its newest read, UTC';
comment on column marts.mart_source_health.outcomes is 'how its queries ended then';
comment on column marts.mart_source_health.detail is 'why, in words that quote no post';
comment on column marts.mart_source_health.fetched_posts is 'records that it handed over then';
comment on column marts.mart_source_health.new_posts is 'of these, stored for the first time';
comment on column marts.mart_source_health.quarantined_posts is 'of these, set aside with a reason';
comment on column marts.mart_source_health.newest_read_at is
'clock of its newest read that brought anything or all, UTC';
comment on column marts.mart_source_health.newest_post_at is 'publication of its newest post, UTC';
comment on column marts.mart_source_health.stored_posts is 'posts that it brought and that are stored';
comment on column marts.mart_source_health.coverage_gaps is 'stretches of time that it may not have covered';
