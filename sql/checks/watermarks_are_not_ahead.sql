-- Queries that count as read beyond the day after their source was last read: what is published until then is missed.
with runs as (
    select
        source,
        max(run_at) as newest_run_at
    from ingest_runs
    group by source
)

select
    watermarks.source,
    watermarks.query_key
from watermarks
inner join runs on watermarks.source = runs.source
where watermarks.floor_at > runs.newest_run_at + interval '1 day'
