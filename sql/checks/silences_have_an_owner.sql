-- Silences that nobody answers for, or without a reason: why no mail came must be known.
select silence_id
from silences
where btrim(owner) = '' or btrim(reason) = ''
