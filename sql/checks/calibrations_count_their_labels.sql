-- Fitted thresholds that are no score, or that more people confirmed than looked.
select
    version,
    source,
    claim_id
from calibrations
where
    threshold not between 0 and 1
    or confirmed > labels
    or (source = '' and claim_id = '')
