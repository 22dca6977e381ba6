-- Followers, views or posts of our own accounts below zero.
select
    source,
    account,
    metric,
    measured_at
from account_metrics
where value < 0
