-- How many urgent messages did the receiver with most of them get in each week, and how many alerts were raised?
select
    noise.practice_id,
    noise.week_on,
    noise.most_urgent_messages,
    noise.digests,
    (
        select count(*)
        from marts.mart_alerts as alerts
        where
            alerts.practice_id = noise.practice_id
            and date_trunc('week', alerts.raised_at at time zone 'UTC')::date = noise.week_on
    ) as alerts_raised
from marts.mart_noise_weekly as noise
order by noise.week_on desc, noise.practice_id asc
