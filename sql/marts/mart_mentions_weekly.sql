-- One row per practice, platform and week (Monday, UTC) in which posts named it; no text, no author.
create view marts.mart_mentions_weekly as
with named as (
    select
        mentions.practice_id,
        mentions.category,
        mentions.tone,
        posts.platform,
        posts.kept_apart,
        posts.reactions,
        posts.views,
        coalesce(mentions.urgency, 'routine') <> 'routine' as urgent,
        -- All unknown authors of a platform are one voice.
        coalesce(posts.author_hash, 'unknown') as voice,
        date_trunc('week', posts.published_at at time zone 'UTC')::date as week_on
    from staging.stg_mentions as mentions
    inner join staging.stg_posts as posts on mentions.post_id = posts.post_id
    where mentions.sure
),

weekly as (
    select
        practice_id,
        platform,
        kept_apart,
        week_on,
        count(*) as posts,
        count(*) filter (where category = 'praise') as praising_posts,
        count(*) filter (where category = 'complaint') as complaining_posts,
        count(*) filter (where category = 'question') as asking_posts,
        count(*) filter (where tone = 'positive') as positive_posts,
        count(*) filter (where tone = 'negative') as negative_posts,
        count(*) filter (where urgent) as urgent_posts,
        count(distinct voice) as voices,
        count(distinct voice) filter (where category = 'praise') as praising_voices,
        count(distinct voice) filter (where category = 'complaint') as complaining_voices,
        count(distinct voice) filter (where category = 'question') as asking_voices,
        count(distinct voice) filter (where tone = 'positive') as positive_voices,
        count(distinct voice) filter (where tone = 'negative') as negative_voices,
        count(distinct voice) filter (where urgent) as urgent_voices,
        sum(reactions)::bigint as reactions,
        sum(views)::bigint as views
    from named
    group by practice_id, platform, kept_apart, week_on
)

select
    practice_id,
    platform,
    kept_apart,
    week_on,
    staging.shown(posts, voices) as posts,
    staging.shown(praising_posts, praising_voices) as praising_posts,
    staging.shown(complaining_posts, complaining_voices) as complaining_posts,
    staging.shown(asking_posts, asking_voices) as asking_posts,
    staging.shown(positive_posts, positive_voices) as positive_posts,
    staging.shown(negative_posts, negative_voices) as negative_posts,
    staging.shown(urgent_posts, urgent_voices) as urgent_posts,
    staging.shown(voices, voices) as voices,
    staging.shown(reactions, voices) as reactions,
    staging.shown(views, voices) as views
from weekly;
comment on view marts.mart_mentions_weekly is
'One row per practice, platform and week: how often it is named, with praise, complaint or question, in which tone.';
comment on column marts.mart_mentions_weekly.practice_id is 'the practice that is named';
comment on column marts.mart_mentions_weekly.platform is 'platform of the posts';
comment on column marts.mart_mentions_weekly.kept_apart is
'platform whose posts may not be counted with others: group by it too when you add platforms up; else NULL';
comment on column marts.mart_mentions_weekly.week_on is 'Monday of the week (UTC) in which they were published';
comment on column marts.mart_mentions_weekly.posts is
'posts that name it; this and each number below is NULL where one to four voices stand behind it';
comment on column marts.mart_mentions_weekly.praising_posts is 'of these, posts that praise';
comment on column marts.mart_mentions_weekly.complaining_posts is 'of these, posts that complain';
comment on column marts.mart_mentions_weekly.asking_posts is 'of these, posts that ask something';
comment on column marts.mart_mentions_weekly.positive_posts is 'of these, posts of positive tone';
comment on column marts.mart_mentions_weekly.negative_posts is 'of these, posts of negative tone';
comment on column marts.mart_mentions_weekly.urgent_posts is 'of these, posts that cannot wait, as danger to people';
comment on column marts.mart_mentions_weekly.voices is 'distinct authors; all unknown ones are one';
comment on column marts.mart_mentions_weekly.reactions is
'likes, shares, quotes and replies of these posts as last read';
comment on column marts.mart_mentions_weekly.views is
'views of these posts as last read; NULL where the platform shows none';
