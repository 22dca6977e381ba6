-- Notifications that were parked or refused, or have waited for more than a day. A run at another clock than ours, as
-- a replay is, sets auscult.now.
with clock as (
    select coalesce(nullif(current_setting('auscult.now', true), '')::timestamptz, now()) as now_at
)

select outbox.outbox_id
from outbox
cross join clock
where
    outbox.state in ('parked', 'failed')
    or (outbox.state not in ('sent', 'kept') and outbox.written_at < clock.now_at - interval '1 day')
