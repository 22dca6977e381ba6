-- One row per source and hour (UTC) of the last 31 days: whether what was published then has been heard.
create view marts.mart_coverage as
with clock as (
    select coalesce(nullif(current_setting('auscult.now', true), '')::timestamptz, now()) as now_at
),

-- A read that was killed and repeated at the same clock is judged by its best try, else by its last: a complete pass
-- stays complete.
tries as (
    select
        source,
        run_at,
        outcome,
        retry_at,
        row_number() over (
            partition by source, query_key, run_at order by (outcome = 'ok') desc, run_id desc
        ) as try_rank
    from public.ingest_runs
    cross join clock
    where
        purpose = 'listen' and source <> 'canary' and outcome <> 'busy'
        and run_at > clock.now_at - interval '32 days' and run_at <= clock.now_at
),

-- The worst query of a read says how it went; where others were read in full, a failed one makes it a partial read.
reads as (
    select
        source,
        run_at,
        max(retry_at) as retry_at,
        (array['off', 'failed', 'exhausted', 'rate_limited', 'partial', 'ok'])[
            min(case outcome
                when 'off' then 1
                when 'failed' then case when some_ok then 5 else 2 end
                when 'exhausted' then 3
                when 'rate_limited' then 4
                when 'ok' then 6
                else 5
            end)
        ] as outcome
    from (
        select
            source,
            run_at,
            outcome,
            retry_at,
            bool_or(outcome = 'ok') over (partition by source, run_at) as some_ok
        from tries
        where try_rank = 1
    ) as judged
    group by source, run_at
),

known as (
    select
        reads.source,
        min(reads.run_at) as first_run_at,
        max(reads.run_at) as last_run_at
    from reads
    cross join clock
    where reads.run_at <= clock.now_at
    group by reads.source
),

newest as (
    select
        reads.source,
        reads.run_at,
        reads.outcome,
        reads.retry_at
    from reads
    inner join known on reads.source = known.source and reads.run_at = known.last_run_at
),

hours as (
    select
        known.source,
        hour_at
    from known
    cross join clock
    cross join lateral generate_series(
        date_trunc('hour', greatest(known.first_run_at, clock.now_at - interval '31 days'), 'UTC'),
        -- An hour that has just begun is not yet missed.
        greatest(
            date_trunc('hour', known.last_run_at, 'UTC'),
            date_trunc('hour', clock.now_at - interval '30 minutes', 'UTC')
        ),
        interval '1 hour'
    ) as hour_at
),

-- A complete pass reads back to the one before it, so it also covers the hours in which nothing ran.
passes as (
    select
        reads.source,
        reads.run_at,
        lag(reads.run_at, 1, known.first_run_at) over (partition by reads.source order by reads.run_at) as earlier_at
    from reads
    inner join known on reads.source = known.source and reads.run_at <= known.last_run_at
    where reads.outcome = 'ok'
),

covered as (
    select
        passes.source,
        hour_at,
        passes.run_at
    from passes
    cross join lateral generate_series(
        date_trunc('hour', passes.earlier_at, 'UTC'),
        date_trunc('hour', passes.run_at, 'UTC') - interval '1 hour',
        interval '1 hour'
    ) as hour_at
),

complete as (
    select
        source,
        hour_at,
        min(run_at) as run_at
    from covered
    group by source, hour_at
)

select
    hours.source,
    hours.hour_at,
    complete.run_at as complete_at,
    gaps.reason as gap_reason,
    case when complete.run_at is null and newest.outcome in ('rate_limited', 'exhausted') then newest.retry_at end
        as retry_at,
    case
        when gaps.reason is not null then 'partial'
        when complete.run_at is not null then 'ok'
        -- The newest hours are as good as the newest read, while the next one is not overdue.
        when
            newest.outcome = 'ok'
            and newest.run_at > clock.now_at - interval '90 minutes'
            and hours.hour_at >= date_trunc('hour', newest.run_at, 'UTC') then 'ok'
        when newest.run_at < hours.hour_at then 'not measured'
        when newest.outcome = 'off' then 'not configured'
        when newest.outcome = 'rate_limited' then 'rate limited'
        when newest.outcome = 'exhausted' then 'quota exhausted'
        when newest.outcome = 'partial' then 'partial'
        else 'not measured'
    end as state
from hours
cross join clock
inner join newest on hours.source = newest.source
left join complete on hours.source = complete.source and hours.hour_at = complete.hour_at
left join lateral (
    select min(coverage_gaps.reason) as reason
    from public.coverage_gaps
    where
        coverage_gaps.source = hours.source
        and coalesce(coverage_gaps.from_at, '-infinity') < hours.hour_at + interval '1 hour'
        and coalesce(coverage_gaps.to_at, coverage_gaps.found_at) > hours.hour_at
) as gaps on true;
comment on view marts.mart_coverage is
'One row per source and hour (UTC): ok, partial, rate limited, quota exhausted, not configured or not measured.';
comment on column marts.mart_coverage.source is 'connector';
comment on column marts.mart_coverage.hour_at is 'the hour (UTC)';
comment on column marts.mart_coverage.complete_at is
'clock of the first read that covers the whole hour, UTC; NULL where none does';
comment on column marts.mart_coverage.gap_reason is 'why something of the hour may be missing';
comment on column marts.mart_coverage.retry_at is 'until when the platform asked us to wait, UTC';
comment on column marts.mart_coverage.state is
'ok, partial, rate limited, quota exhausted, not configured or not measured';
