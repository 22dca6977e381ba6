-- On which platforms are claims told, by how many people, how often are they refuted there, and how far do they reach?
select
    platform,
    sum(heard_posts) as heard_posts,
    sum(promoting_posts) as promoting_posts,
    max(promoting_voices) as most_voices_in_a_month,
    sum(debunking_posts) as debunking_posts,
    sum(promoting_reactions) as reactions,
    sum(promoting_views) as views
from marts.mart_platforms_monthly
group by platform
order by promoting_posts desc nulls last, heard_posts desc nulls last, platform asc
