-- Posts that still have words two days after their retention: rematch_days and matched_days of Policy, since they were
-- stored. As of the newest read at the latest: while nothing runs at all, schedule_missed is the alarm.
with clock as (
    select
        least(
            coalesce(nullif(current_setting('auscult.now', true), '')::timestamptz, now()),
            (select max(run_at) from ingest_runs)
        ) as now_at
)

select posts.post_id
from posts
cross join clock
where
    posts.status = 'live'
    and posts.platform <> 'canary'
    and (posts.text <> '' or posts.title is not null)
    and (
        posts.ingested_at < clock.now_at - interval '92 days'
        or (
            posts.ingested_at < clock.now_at - interval '32 days'
            and not exists (select 1 from matches where matches.post_id = posts.post_id)
            and not exists (select 1 from mentions where mentions.post_id = posts.post_id)
        )
    )
