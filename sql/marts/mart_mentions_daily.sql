-- One row per practice, platform, category, theme, tone, urgency and day (UTC) of publication; no text, no author.
create view marts.mart_mentions_daily as
with daily as (
    select
        mentions.practice_id,
        posts.platform,
        posts.kept_apart,
        mentions.category,
        mentions.theme,
        mentions.tone,
        mentions.urgency,
        (posts.published_at at time zone 'UTC')::date as published_on,
        count(*) as mentioning_posts,
        -- All unknown authors of a platform are one voice.
        count(distinct coalesce(posts.author_hash, 'unknown')) as voices
    from staging.stg_mentions as mentions
    inner join staging.stg_posts as posts on mentions.post_id = posts.post_id
    where mentions.sure
    group by
        mentions.practice_id,
        posts.platform,
        posts.kept_apart,
        mentions.category,
        mentions.theme,
        mentions.tone,
        mentions.urgency,
        (posts.published_at at time zone 'UTC')::date
)

select
    practice_id,
    platform,
    kept_apart,
    category,
    theme,
    tone,
    urgency,
    published_on,
    staging.shown(mentioning_posts, voices) as mentioning_posts,
    staging.shown(voices, voices) as voices
from daily;
comment on view marts.mart_mentions_daily is
'One row per practice, platform, category, theme, tone, urgency and day of publication (UTC).';
comment on column marts.mart_mentions_daily.practice_id is 'the practice that is named';
comment on column marts.mart_mentions_daily.platform is 'platform of the posts';
comment on column marts.mart_mentions_daily.kept_apart is
'platform whose posts may not be counted with others: group by it too when you add platforms up; else NULL';
comment on column marts.mart_mentions_daily.category is
'praise, complaint, question, press, job or other; NULL where triage has not sorted it or may not';
comment on column marts.mart_mentions_daily.theme is
'access, billing, staff, care, facilities, safety or none; NULL likewise';
comment on column marts.mart_mentions_daily.tone is 'positive, negative, mixed or neutral; NULL likewise';
comment on column marts.mart_mentions_daily.urgency is 'what cannot wait, or routine; NULL where nothing says so';
comment on column marts.mart_mentions_daily.published_on is 'day of publication (UTC)';
comment on column marts.mart_mentions_daily.mentioning_posts is
'posts that name it; NULL where one to four voices stand behind it, as most days do: mart_mentions_weekly has more';
comment on column marts.mart_mentions_daily.voices is 'distinct authors; all unknown ones are one; NULL likewise';
