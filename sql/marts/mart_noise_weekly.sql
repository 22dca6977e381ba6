-- One row per practice and week (Monday, UTC) in which anything that was sent was written.
create view marts.mart_noise_weekly as
with sent as (
    select
        practice_id,
        receiver,
        kind,
        repeats,
        -- By the clock of the step that wrote it, as alerts are: a replay counts in its own week.
        date_trunc('week', written_at at time zone 'UTC')::date as week_on
    from public.outbox
    where state = 'sent' and kind in ('urgent', 'digest', 'operator')
),

by_receiver as (
    select
        practice_id,
        week_on,
        receiver,
        count(*) filter (where kind = 'urgent') as urgent_messages,
        count(*) filter (where kind = 'digest') as digests,
        count(*) filter (where kind = 'operator') as operator_messages,
        sum(repeats) as repeats
    from sent
    group by practice_id, week_on, receiver
)

select
    practice_id,
    week_on,
    count(*) as receivers,
    max(urgent_messages) as most_urgent_messages,
    sum(urgent_messages)::bigint as urgent_messages,
    sum(digests)::bigint as digests,
    sum(operator_messages)::bigint as operator_messages,
    sum(repeats)::bigint as repeats
from by_receiver
group by practice_id, week_on;
comment on view marts.mart_noise_weekly is
'One row per practice and week: what was sent, and the most urgent messages that one receiver got.';
comment on column marts.mart_noise_weekly.practice_id is 'the practice that was told';
comment on column marts.mart_noise_weekly.week_on is 'Monday of the week (UTC) in which it was written';
comment on column marts.mart_noise_weekly.receivers is 'receivers that got anything';
comment on column marts.mart_noise_weekly.most_urgent_messages is
'urgent messages to the receiver that got most: what the noise budget of auscult.yaml limits';
comment on column marts.mart_noise_weekly.urgent_messages is 'urgent messages to all receivers';
comment on column marts.mart_noise_weekly.digests is 'digests';
comment on column marts.mart_noise_weekly.operator_messages is 'messages to operators';
comment on column marts.mart_noise_weekly.repeats is 'times a message went out again because the answer was lost';
