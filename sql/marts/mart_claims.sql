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
comment on column marts.mart_claims.claim_id is 'slug of the claim';
comment on column marts.mart_claims.version is '1, 2, …: an edited claim is a new version';
comment on column marts.mart_claims.topic is 'topic, the name of its file';
comment on column marts.mart_claims.claim is 'the claim as a checkable statement';
comment on column marts.mart_claims.variants is 'how people put it';
comment on column marts.mart_claims.spanish_variants is 'how people put it in Spanish';
comment on column marts.mart_claims.rating is 'false, misleading or unproven';
comment on column marts.mart_claims.harm is 'low, medium or high: what belief in it can lead to';
comment on column marts.mart_claims.harm_reason is 'why the harm is rated so';
comment on column marts.mart_claims.correction is 'what is true, in plain words';
comment on column marts.mart_claims.keywords is 'search terms for the sources';
comment on column marts.mart_claims.language is 'language of the entry (BCP 47)';
comment on column marts.mart_claims.as_of is 'when the evidence was last checked';
comment on column marts.mart_claims.evidence is 'list of {publisher, title, address, verified, date}';
comment on column marts.mart_claims.review_note is 'what a clinician should look at again';
comment on column marts.mart_claims.loaded_at is 'when this version was loaded, UTC';
