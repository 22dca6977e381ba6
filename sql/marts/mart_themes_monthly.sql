-- One row per practice, set of platforms that may be added up, category, theme and month (UTC); no text, no author.
create view marts.mart_themes_monthly as
with named as (
    select
        mentions.practice_id,
        mentions.category,
        mentions.theme,
        mentions.tone,
        posts.platform,
        posts.kept_apart,
        -- All unknown authors of a platform are one voice.
        coalesce(posts.author_hash, posts.platform) as voice,
        date_trunc('month', posts.published_at at time zone 'UTC')::date as month_on
    from staging.stg_mentions as mentions
    inner join staging.stg_posts as posts on mentions.post_id = posts.post_id
    where mentions.sure and mentions.category is not null
),

monthly as (
    select
        practice_id,
        kept_apart,
        category,
        theme,
        month_on,
        count(*) as posts,
        count(*) filter (where tone = 'negative') as negative_posts,
        count(distinct voice) as voices,
        count(distinct voice) filter (where tone = 'negative') as negative_voices,
        array_agg(distinct platform order by platform) as platforms
    from named
    group by practice_id, kept_apart, category, theme, month_on
)

select
    practice_id,
    kept_apart,
    category,
    theme,
    month_on,
    staging.shown(posts, voices) as posts,
    staging.shown(negative_posts, negative_voices) as negative_posts,
    staging.shown(voices, voices) as voices,
    platforms
from monthly;
comment on view marts.mart_themes_monthly is
'One row per practice, category, theme and month: what praise, complaints and questions are about, platforms together.';
comment on column marts.mart_themes_monthly.practice_id is 'the practice that is named';
comment on column marts.mart_themes_monthly.kept_apart is
'platform whose posts may not be counted with others, in a row of its own; NULL for all others together';
comment on column marts.mart_themes_monthly.category is 'praise, complaint, question, press, job or other';
comment on column marts.mart_themes_monthly.theme is 'access, billing, staff, care, facilities, safety or none';
comment on column marts.mart_themes_monthly.month_on is 'first day of the month (UTC) of publication';
comment on column marts.mart_themes_monthly.posts is
'posts that name the practice; this and each number below is NULL where one to four voices stand behind it';
comment on column marts.mart_themes_monthly.negative_posts is 'of these, posts of negative tone';
comment on column marts.mart_themes_monthly.voices is 'distinct authors; all unknown ones of a platform are one';
comment on column marts.mart_themes_monthly.platforms is 'platforms they were published on';
