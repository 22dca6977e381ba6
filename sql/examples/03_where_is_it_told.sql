-- On which platforms are claims told, by how many people, and how far do they reach?
select
    platform,
    count(distinct claim_id) as claims,
    sum(posts) as posts,
    sum(promoting_posts) as promoting_posts,
    sum(debunking_posts) as debunking_posts,
    sum(reactions) as reactions,
    sum(views) as views
from marts.mart_claims_weekly
group by platform
order by promoting_posts desc nulls last
