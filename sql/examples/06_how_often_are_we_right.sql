-- Of the matches that people looked at, how many were right, and how many had the scores promised?
select
    platform,
    sum(reviews) as reviews,
    sum(confirmed)::double precision / sum(reviews) as precision_share,
    sum(expected_share * reviews) / sum(reviews) as expected_share
from marts.mart_precision_monthly
group by platform
order by reviews desc
