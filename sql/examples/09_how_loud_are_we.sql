-- How many urgent messages did the receiver with most of them get in each week, and how many alerts were raised?
with raised as (
    select
        practice_id,
        date_trunc('week', raised_at at time zone 'UTC')::date as week_on,
        count(*) as alerts
    from marts.mart_alerts
    group by practice_id, date_trunc('week', raised_at at time zone 'UTC')::date
)

select
    noise.practice_id,
    noise.week_on,
    noise.most_urgent_messages,
    noise.digests,
    coalesce(raised.alerts, 0) as alerts_raised
from marts.mart_noise_weekly as noise
left join raised on noise.practice_id = raised.practice_id and noise.week_on = raised.week_on
order by noise.week_on desc, noise.practice_id asc
