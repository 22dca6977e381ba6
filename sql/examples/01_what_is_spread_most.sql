-- Which claims were spread most in the last 30 days of the data, and how many voices spread them?
select
    claims.claim,
    claims.harm,
    sum(daily.matched_posts) as promoting_posts,
    max(daily.published_on) as newest
from marts.mart_claim_posts_daily as daily
inner join marts.mart_claims as claims on daily.claim_id = claims.claim_id
where
    daily.stance = 'promotes'
    and daily.published_on > (select max(published_on) - 30 from marts.mart_claim_posts_daily)
group by claims.claim, claims.harm
order by promoting_posts desc
