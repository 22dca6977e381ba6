-- Which claims were spread most in the newest month of the data, by how many voices, and how often were they refuted?
with newest as (
    select max(month_on) as month_on
    from marts.mart_claims_monthly
)

select
    monthly.claim,
    monthly.harm,
    monthly.kept_apart,
    monthly.promoting_posts,
    monthly.promoting_voices,
    monthly.debunking_posts,
    monthly.platforms
from marts.mart_claims_monthly as monthly
inner join newest on monthly.month_on = newest.month_on
order by monthly.promoting_posts desc nulls last, monthly.posts desc nulls last, monthly.claim asc
