-- One row per claim, platform and week (Monday, UTC) in which posts matched it; no text, no author.
create view marts.mart_claims_weekly as
with told as (
    select
        matches.claim_id,
        matches.stance,
        matches.decision,
        posts.platform,
        posts.kept_apart,
        posts.reactions,
        posts.views,
        -- All unknown authors of a platform are one voice.
        coalesce(posts.author_hash, 'unknown') as voice,
        date_trunc('week', posts.published_at at time zone 'UTC')::date as week_on
    from public.matches
    inner join staging.stg_posts as posts on matches.post_id = posts.post_id
),

weekly as (
    select
        claim_id,
        platform,
        kept_apart,
        week_on,
        count(*) as posts,
        count(*) filter (where stance = 'promotes') as promoting_posts,
        count(*) filter (where stance = 'debunks') as debunking_posts,
        count(*) filter (where stance = 'questions') as questioning_posts,
        count(*) filter (where stance = 'neutral') as neutral_posts,
        count(*) filter (where decision = 'alert') as alerting_posts,
        count(distinct voice) as voices,
        count(distinct voice) filter (where stance = 'promotes') as promoting_voices,
        count(distinct voice) filter (where stance = 'debunks') as debunking_voices,
        count(distinct voice) filter (where stance = 'questions') as questioning_voices,
        count(distinct voice) filter (where stance = 'neutral') as neutral_voices,
        count(distinct voice) filter (where decision = 'alert') as alerting_voices,
        sum(reactions)::bigint as reactions,
        sum(views)::bigint as views
    from told
    group by claim_id, platform, kept_apart, week_on
)

select
    weekly.claim_id,
    claims.claim,
    claims.topic,
    claims.harm,
    weekly.platform,
    weekly.kept_apart,
    weekly.week_on,
    staging.shown(weekly.posts, weekly.voices) as posts,
    staging.shown(weekly.promoting_posts, weekly.promoting_voices) as promoting_posts,
    staging.shown(weekly.debunking_posts, weekly.debunking_voices) as debunking_posts,
    staging.shown(weekly.questioning_posts, weekly.questioning_voices) as questioning_posts,
    staging.shown(weekly.neutral_posts, weekly.neutral_voices) as neutral_posts,
    staging.shown(weekly.alerting_posts, weekly.alerting_voices) as alerting_posts,
    staging.shown(weekly.voices, weekly.voices) as voices,
    staging.shown(weekly.promoting_voices, weekly.promoting_voices) as promoting_voices,
    staging.shown(weekly.reactions, weekly.voices) as reactions,
    staging.shown(weekly.views, weekly.voices) as views
from weekly
left join public.claims
    on
        weekly.claim_id = claims.claim_id
        and claims.ended_at is null;
comment on view marts.mart_claims_weekly is
'One row per claim, platform and week: how often it is told, refuted and asked about, and how far it reaches.';
comment on column marts.mart_claims_weekly.claim_id is 'slug of the claim';
comment on column marts.mart_claims_weekly.claim is 'the claim in words; NULL where it is no longer in force';
comment on column marts.mart_claims_weekly.topic is 'topic of the claim';
comment on column marts.mart_claims_weekly.harm is 'low, medium or high: what belief in it can lead to';
comment on column marts.mart_claims_weekly.platform is 'platform of the posts';
comment on column marts.mart_claims_weekly.kept_apart is
'platform whose posts may not be counted with others: group by it too when you add platforms up; else NULL';
comment on column marts.mart_claims_weekly.week_on is 'Monday of the week (UTC) in which they were published';
comment on column marts.mart_claims_weekly.posts is
'posts that match the claim; this and each number below is NULL where one to four voices stand behind it';
comment on column marts.mart_claims_weekly.promoting_posts is 'of these, posts that spread it';
comment on column marts.mart_claims_weekly.debunking_posts is 'of these, posts that refute it';
comment on column marts.mart_claims_weekly.questioning_posts is 'of these, posts that ask about it';
comment on column marts.mart_claims_weekly.neutral_posts is 'of these, posts that report, joke or say something else';
comment on column marts.mart_claims_weekly.alerting_posts is 'of these, posts that raised an alert';
comment on column marts.mart_claims_weekly.voices is 'distinct authors; all unknown ones are one';
comment on column marts.mart_claims_weekly.promoting_voices is 'distinct authors of the posts that spread it';
comment on column marts.mart_claims_weekly.reactions is
'likes, shares, quotes and replies of these posts as last read';
comment on column marts.mart_claims_weekly.views is
'views of these posts as last read; NULL where the platform shows none';
