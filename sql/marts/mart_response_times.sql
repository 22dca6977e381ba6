-- One row per alert that was raised for live posts: how long each step towards an answer took, in minutes.
create view marts.mart_response_times as
with first_told as (
    select
        outbox.alert_key,
        min(outbox.sent_at) as told_at
    from (
        select
            unnest(alert_keys) as alert_key,
            sent_at
        from public.outbox
        where state = 'sent'
    ) as outbox
    group by outbox.alert_key
),

first_heard as (
    select
        alert_posts.alert_id,
        min(posts.ingested_at) as heard_at
    from public.alert_posts
    inner join public.posts on alert_posts.post_id = posts.post_id
    group by alert_posts.alert_id
)

select
    alerts.alert_key,
    alerts.practice_id,
    alerts.kind,
    alerts.severity,
    alerts.claim_id,
    alerts.category,
    alerts.state,
    alerts.resolution,
    alerts.first_post_at,
    first_heard.heard_at,
    alerts.raised_at,
    first_told.told_at,
    alerts.acknowledged_at,
    alerts.resolved_at,
    extract(epoch from first_heard.heard_at - alerts.first_post_at)::double precision / 60 as minutes_to_hear,
    extract(epoch from alerts.raised_at - first_heard.heard_at)::double precision / 60 as minutes_to_alert,
    extract(epoch from first_told.told_at - alerts.raised_at)::double precision / 60 as minutes_to_tell,
    extract(epoch from alerts.acknowledged_at - alerts.raised_at)::double precision / 60 as minutes_to_acknowledge,
    extract(epoch from alerts.resolved_at - alerts.raised_at)::double precision / 60 as minutes_to_resolve
from public.alerts
left join first_told on alerts.alert_key = first_told.alert_key
left join first_heard on alerts.alert_id = first_heard.alert_id
where alerts.kind <> 'canary' and not alerts.historical;
comment on view marts.mart_response_times is
'One row per alert: first post, first heard, raised, told, acknowledged and resolved, and the minutes between.';
comment on column marts.mart_response_times.alert_key is 'key of the alert';
comment on column marts.mart_response_times.practice_id is 'the practice that is told';
comment on column marts.mart_response_times.kind is 'misinformation, mention or surge';
comment on column marts.mart_response_times.severity is 'urgent, high or normal';
comment on column marts.mart_response_times.claim_id is 'the claim that is spread; NULL for other alerts';
comment on column marts.mart_response_times.category is 'category of the mentions; NULL for other alerts';
comment on column marts.mart_response_times.state is 'open, acknowledged or resolved';
comment on column marts.mart_response_times.resolution is
'withdrawn, ended, quiet or person; NULL while it is not resolved';
comment on column marts.mart_response_times.first_post_at is 'publication of its earliest post, UTC';
comment on column marts.mart_response_times.heard_at is
'when the first of its posts was stored, UTC; NULL once they are erased';
comment on column marts.mart_response_times.raised_at is 'clock of the run that raised it, UTC';
comment on column marts.mart_response_times.told_at is
'when the relay took the first message about it, UTC, wall clock; NULL where none was sent';
comment on column marts.mart_response_times.acknowledged_at is 'when a person took it on, UTC';
comment on column marts.mart_response_times.resolved_at is 'when it was resolved, UTC';
comment on column marts.mart_response_times.minutes_to_hear is 'from the earliest post to the first that was stored';
comment on column marts.mart_response_times.minutes_to_alert is 'from the first stored post to the alert';
comment on column marts.mart_response_times.minutes_to_tell is
'from the alert to the first message; negative where a run was repeated at an old clock';
comment on column marts.mart_response_times.minutes_to_acknowledge is 'from the alert to the person who took it on';
comment on column marts.mart_response_times.minutes_to_resolve is 'from the alert to its end';
