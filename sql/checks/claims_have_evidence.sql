-- Claims in force without evidence: nobody could answer them.
select
    claim_id,
    version
from claims
where ended_at is null and jsonb_array_length(evidence) = 0
