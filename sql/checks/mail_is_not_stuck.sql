-- Notifications that were parked or refused, or have waited for more than a day.
select outbox_id
from outbox
where
    state in ('parked', 'failed')
    or (state <> 'sent' and written_at < now() - interval '1 day')
