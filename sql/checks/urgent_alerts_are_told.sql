-- Open urgent alerts that no notification tells of, where there is anybody to tell. Danger to people is told by the run
-- that finds it; what else is urgent may wait for business hours, a surge that speaks for it or the next digest, four
-- days at most. What was silenced is known to a person. A run at another clock than ours, as a replay is, sets
-- auscult.now.
with clock as (
    select coalesce(nullif(current_setting('auscult.now', true), '')::timestamptz, now()) as now_at
)

select alerts.alert_key
from alerts
cross join clock
where
    alerts.severity = 'urgent'
    and alerts.state = 'open'
    and not alerts.historical
    and (alerts.kind = 'mention' or alerts.raised_at < clock.now_at - interval '4 days')
    and exists (select 1 from outbox)
    and not exists (
        select 1
        from outbox
        where alerts.alert_key = any(outbox.alert_keys)
    )
    and not exists (
        select 1
        from silences
        where
            silences.practice_id = alerts.practice_id
            and (silences.alert_key is null or silences.alert_key = alerts.alert_key)
            and (silences.kind is null or silences.kind = alerts.kind)
            and (silences.claim_id is null or silences.claim_id = alerts.claim_id)
            and (silences.narrative_id is null or silences.narrative_id = alerts.narrative_id)
            and (silences.category is null or silences.category = alerts.category)
            and coalesce(silences.ended_at, silences.ends_at) > alerts.raised_at
    )
