-- Alerts without the event that raised them: nobody could say afterwards when it was known.
select alerts.alert_key
from alerts
where
    alerts.kind <> 'canary'
    and not exists (
        select 1
        from alert_events
        where alert_events.alert_key = alerts.alert_key and alert_events.event = 'raised'
    )
