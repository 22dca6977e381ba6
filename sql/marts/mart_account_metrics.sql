-- One row per source, own account, metric and reading.
create view marts.mart_account_metrics as
select
    source,
    account,
    metric,
    measured_at,
    value,
    value - lag(value) over (
        partition by source, account, metric
        order by measured_at
    ) as change
from public.account_metrics;
comment on view marts.mart_account_metrics is
'One row per number of an account of our own and reading: followers, reach, views, posts, and their change.';
comment on column marts.mart_account_metrics.source is 'connector that read it';
comment on column marts.mart_account_metrics.account is 'id of our own account, page or channel';
comment on column marts.mart_account_metrics.metric is 'followers, reach, views or posts, as the platform counts them';
comment on column marts.mart_account_metrics.measured_at is 'when it was read, UTC';
comment on column marts.mart_account_metrics.value is 'the number';
comment on column marts.mart_account_metrics.change is 'since the reading before it; NULL for the first';
