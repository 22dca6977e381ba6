-- Which claims were spread more often in the newest week of the data than in the four before it, on average?
with newest as (
    select max(week_on) as week_on
    from marts.mart_claims_weekly
)

select
    weekly.claim,
    weekly.harm,
    coalesce(sum(weekly.promoting_posts) filter (where weekly.week_on = newest.week_on), 0) as this_week,
    coalesce(sum(weekly.promoting_posts) filter (where weekly.week_on < newest.week_on), 0) / 4.0 as usual_week
from marts.mart_claims_weekly as weekly
cross join newest
where weekly.week_on >= newest.week_on - 28
group by weekly.claim, weekly.harm
having coalesce(sum(weekly.promoting_posts) filter (where weekly.week_on = newest.week_on), 0) > 0
order by this_week - usual_week desc
