-- What do people complain about, by theme, and which share of all complaints is each theme, month by month?
select
    practice_id,
    month_on,
    theme,
    posts as complaints,
    negative_posts,
    voices,
    posts::double precision / sum(posts) over (partition by practice_id, month_on, kept_apart) as complaint_share,
    platforms
from marts.mart_themes_monthly
where category = 'complaint'
order by month_on desc, complaints desc nulls last, theme asc
