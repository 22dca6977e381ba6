-- How long does it take, in the middle, from the first post to hearing it, to an alert, and to a person who acts?
select
    severity,
    count(*) as alerts,
    percentile_cont(0.5) within group (order by minutes_to_hear) as median_minutes_to_hear,
    percentile_cont(0.5) within group (order by minutes_to_alert) as median_minutes_to_alert,
    percentile_cont(0.5) within group (order by minutes_to_acknowledge) as median_minutes_to_acknowledge,
    count(acknowledged_at) as acknowledged,
    count(*) filter (where state = 'open') as still_open
from marts.mart_response_times
group by severity
order by severity
