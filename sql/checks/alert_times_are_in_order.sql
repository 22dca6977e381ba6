-- Alerts that are resolved at no moment, or have one and are not resolved, or whose last post is before the first.
select alert_key
from alerts
where
    (state = 'resolved') <> (resolved_at is not null)
    or last_post_at < first_post_at
