-- Which share of the hours of each day was heard in full, by source?
select
    source,
    (hour_at at time zone 'UTC')::date as heard_on,
    avg((state = 'ok')::int) as complete_share,
    count(*) filter (where state <> 'ok') as incomplete_hours
from marts.mart_coverage
group by source, (hour_at at time zone 'UTC')::date
order by heard_on desc, source asc
