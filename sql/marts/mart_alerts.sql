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
    alerts.posts,
    alerts.voices,
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
