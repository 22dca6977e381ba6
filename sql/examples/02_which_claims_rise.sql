-- Which claims were told more often in the newest month of the data than in the three before it, on average?
with newest as (
    select max(month_on) as month_on
    from marts.mart_claims_monthly
),

told as (
    select
        monthly.claim,
        monthly.harm,
        monthly.kept_apart,
        max(monthly.posts) filter (where monthly.month_on = newest.month_on) as this_month,
        coalesce(sum(monthly.posts) filter (where monthly.month_on < newest.month_on), 0)::double precision / 3
            as usual_month,
        -- Earlier months with one to four voices, whose posts are not counted.
        count(*) filter (where monthly.month_on < newest.month_on and monthly.posts is null) as hidden_months
    from marts.mart_claims_monthly as monthly
    cross join newest
    where monthly.month_on >= newest.month_on - interval '3 months'
    group by monthly.claim, monthly.harm, monthly.kept_apart
)

select
    claim,
    harm,
    kept_apart,
    this_month,
    usual_month,
    this_month - usual_month as more_posts,
    hidden_months
from told
order by more_posts desc nulls last, claim asc
