-- Open urgent alerts that no notification tells of, where there is anybody to tell.
select alerts.alert_key
from alerts
where
    alerts.severity = 'urgent'
    and alerts.state = 'open'
    and not alerts.historical
    and exists (select 1 from outbox)
    and not exists (
        select 1
        from outbox
        where alerts.alert_key = any(outbox.alert_keys)
    )
