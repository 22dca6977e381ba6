-- One row per claim in force.
create view marts.mart_claims as
select
    claim_id,
    version,
    topic,
    claim,
    variants,
    spanish_variants,
    rating,
    harm,
    harm_reason,
    correction,
    keywords,
    language,
    as_of,
    evidence,
    review_note,
    loaded_at
from public.claims
where ended_at is null;
comment on view marts.mart_claims is 'One row per claim in force.';
