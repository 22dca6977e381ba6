-- Which share of the reads of each source was complete on each day, what was set aside, and what did it cost?
select
    source,
    read_on,
    reads,
    complete_reads::double precision / reads as complete_share,
    new_posts,
    quarantined_posts,
    cost_usd
from marts.mart_reads_daily
order by read_on desc, source asc
