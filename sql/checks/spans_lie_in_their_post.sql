-- Matches and mentions that point behind the end of the words (title, line feed, body) in which they were found.
with screened as (
    select
        post_id,
        char_length(concat_ws(chr(10), nullif(title, ''), nullif(text, ''))) as characters
    from posts
    where status = 'live'
)

select
    'match' as pointing,
    matches.match_id as number
from matches
inner join screened on matches.post_id = screened.post_id
where matches.span_end > screened.characters
union all
select
    'mention' as pointing,
    mentions.mention_id as number
from mentions
inner join screened on mentions.post_id = screened.post_id
where mentions.term_end > screened.characters
