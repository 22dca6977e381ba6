-- Verdicts on nothing: of a match without a claim or its scores, of an alert without its key.
select review_id
from reviews
where
    (subject = 'match' and (claim_id is null or platform is null or p_match is null or promotes is null))
    or (subject = 'alert' and alert_key is null)
