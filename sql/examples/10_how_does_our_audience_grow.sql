-- How many people follow us on each account, how did that change, and how much is reacted to what we post?
with followers as (
    select
        source,
        account,
        min(measured_at) as since_at,
        max(measured_at) as until_at,
        (array_agg(value order by measured_at asc))[1] as followers_before,
        (array_agg(value order by measured_at desc))[1] as followers_now
    from marts.mart_account_metrics
    where metric = 'followers'
    group by source, account
),

ours as (
    select
        platform,
        sum(posts) as posts,
        sum(likes + shares + replies) as reactions
    from marts.mart_own_posts_daily
    group by platform
)

select
    followers.source,
    followers.account,
    followers.since_at,
    followers.until_at,
    followers.followers_now,
    followers.followers_now - followers.followers_before as followers_gained,
    ours.posts as own_posts,
    ours.reactions / nullif(ours.posts, 0) as reactions_per_post
from followers
left join ours on followers.source = ours.platform
order by followers.followers_now desc, followers.source asc
