-- One row per alert.
create view marts.mart_alerts as
select
    alerts.alert_key,
    alerts.practice_id,
    alerts.kind,
    alerts.severity,
    alerts.state,
    alerts.claim_id,
    claims.claim,
    claims.harm,
    alerts.category,
    alerts.reason,
    staging.shown(alerts.posts, alerts.voices) as posts,
    staging.shown(alerts.voices, alerts.voices) as voices,
    alerts.platforms,
    alerts.historical,
    alerts.bucket_start_at,
    alerts.first_post_at,
    alerts.last_post_at,
    alerts.raised_at,
    alerts.updated_at,
    alerts.acknowledged_at,
    alerts.escalated_at,
    alerts.resolved_at,
    alerts.resolution,
    alerts.narrative_id
from public.alerts
left join public.claims
    on
        alerts.claim_id = claims.claim_id
        and alerts.claim_version = claims.version
where alerts.kind <> 'canary';
comment on view marts.mart_alerts is 'One row per alert, with the claim in words.';
comment on column marts.mart_alerts.alert_key is
'key of the alert: practice, kind, claim or category, and time bucket';
comment on column marts.mart_alerts.practice_id is 'the practice that is told';
comment on column marts.mart_alerts.kind is 'misinformation, mention or surge';
comment on column marts.mart_alerts.severity is 'urgent (mailed at once), high or normal (daily digest)';
comment on column marts.mart_alerts.state is 'open, acknowledged or resolved';
comment on column marts.mart_alerts.claim_id is 'the claim that is spread; NULL for other alerts';
comment on column marts.mart_alerts.claim is 'the claim in words, in the version that the alert was computed with';
comment on column marts.mart_alerts.harm is 'low, medium or high: what belief in the claim can lead to';
comment on column marts.mart_alerts.category is 'category of the mentions; NULL for other alerts';
comment on column marts.mart_alerts.reason is 'named reasons of the severity, comma-separated';
comment on column marts.mart_alerts.posts is 'posts in the group; NULL where one to four voices stand behind it';
comment on column marts.mart_alerts.voices is 'distinct authors among them; all unknown ones are one; NULL likewise';
comment on column marts.mart_alerts.platforms is 'platforms they were published on';
comment on column marts.mart_alerts.historical is 'old posts only: a row, never a mail';
comment on column marts.mart_alerts.bucket_start_at is 'start of the time bucket, UTC';
comment on column marts.mart_alerts.first_post_at is 'earliest publication, UTC';
comment on column marts.mart_alerts.last_post_at is 'latest publication, UTC';
comment on column marts.mart_alerts.raised_at is 'clock of the run that raised it, UTC';
comment on column marts.mart_alerts.updated_at is 'clock of the run that last changed it, UTC';
comment on column marts.mart_alerts.acknowledged_at is 'when a person took it on, UTC';
comment on column marts.mart_alerts.escalated_at is 'when it was told further because nobody took it on, UTC';
comment on column marts.mart_alerts.resolved_at is 'when it was resolved, UTC';
comment on column marts.mart_alerts.resolution is
'withdrawn (its posts no longer make a group), ended (the surge is over), quiet (no change for days) or person';
comment on column marts.mart_alerts.narrative_id is 'the narrative that rises; NULL for other alerts';
