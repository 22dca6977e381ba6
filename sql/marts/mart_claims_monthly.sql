-- One row per claim, set of platforms that may be added up and month (UTC) of its posts; no text, no author.
create view marts.mart_claims_monthly as
with told as (
    select
        matches.claim_id,
        matches.stance,
        posts.platform,
        posts.kept_apart,
        posts.reactions,
        posts.views,
        -- All unknown authors of a platform are one voice.
        coalesce(posts.author_hash, posts.platform) as voice,
        date_trunc('month', posts.published_at at time zone 'UTC')::date as month_on
    from public.matches
    inner join staging.stg_posts as posts on matches.post_id = posts.post_id
),

monthly as (
    select
        claim_id,
        kept_apart,
        month_on,
        count(*) as posts,
        count(*) filter (where stance = 'promotes') as promoting_posts,
        count(*) filter (where stance = 'debunks') as debunking_posts,
        count(*) filter (where stance = 'questions') as questioning_posts,
        count(distinct voice) as voices,
        count(distinct voice) filter (where stance = 'promotes') as promoting_voices,
        count(distinct voice) filter (where stance = 'debunks') as debunking_voices,
        count(distinct voice) filter (where stance = 'questions') as questioning_voices,
        sum(reactions)::bigint as reactions,
        sum(views)::bigint as views,
        array_agg(distinct platform order by platform) as platforms
    from told
    group by claim_id, kept_apart, month_on
)

select
    monthly.claim_id,
    claims.claim,
    claims.topic,
    claims.harm,
    monthly.kept_apart,
    monthly.month_on,
    staging.shown(monthly.posts, monthly.voices) as posts,
    staging.shown(monthly.promoting_posts, monthly.promoting_voices) as promoting_posts,
    staging.shown(monthly.debunking_posts, monthly.debunking_voices) as debunking_posts,
    staging.shown(monthly.questioning_posts, monthly.questioning_voices) as questioning_posts,
    staging.shown(monthly.voices, monthly.voices) as voices,
    staging.shown(monthly.promoting_voices, monthly.promoting_voices) as promoting_voices,
    staging.shown(monthly.reactions, monthly.voices) as reactions,
    staging.shown(monthly.views, monthly.voices) as views,
    monthly.platforms
from monthly
left join public.claims
    on
        monthly.claim_id = claims.claim_id
        and claims.ended_at is null;
comment on view marts.mart_claims_monthly is
'One row per claim and month: how often it is told, refuted and asked about on all platforms together.';
comment on column marts.mart_claims_monthly.claim_id is 'slug of the claim';
comment on column marts.mart_claims_monthly.claim is 'the claim in words; NULL where it is no longer in force';
comment on column marts.mart_claims_monthly.topic is 'topic of the claim';
comment on column marts.mart_claims_monthly.harm is 'low, medium or high: what belief in it can lead to';
comment on column marts.mart_claims_monthly.kept_apart is
'platform whose posts may not be counted with others, in a row of its own; NULL for all others together';
comment on column marts.mart_claims_monthly.month_on is 'first day of the month (UTC) of publication';
comment on column marts.mart_claims_monthly.posts is
'posts that match the claim; this and each number below is NULL where one to four voices stand behind it';
comment on column marts.mart_claims_monthly.promoting_posts is 'of these, posts that spread it';
comment on column marts.mart_claims_monthly.debunking_posts is 'of these, posts that refute it';
comment on column marts.mart_claims_monthly.questioning_posts is 'of these, posts that ask about it';
comment on column marts.mart_claims_monthly.voices is 'distinct authors; all unknown ones of a platform are one';
comment on column marts.mart_claims_monthly.promoting_voices is 'distinct authors of the posts that spread it';
comment on column marts.mart_claims_monthly.reactions is
'likes, shares, quotes and replies of these posts as last read';
comment on column marts.mart_claims_monthly.views is
'views of these posts as last read; NULL where no platform shows any';
comment on column marts.mart_claims_monthly.platforms is 'platforms they were published on';
