-- Matches that may alarm although the post does not spread the claim.
select match_id
from matches
where decision = 'alert' and stance <> 'promotes'
