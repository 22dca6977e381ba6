-- Matches whose numbers contradict each other: a score that is not p_match times promotes, four shares that are no
-- whole, or a stance that is not the likeliest.
select match_id
from matches
where
    abs(score - p_match * promotes) > 0.01
    or abs(promotes + debunks + questions + neutral - 1) > 0.01
    or case stance
        when 'promotes' then promotes
        when 'debunks' then debunks
        when 'questions' then questions
        else neutral
    end < greatest(promotes, debunks, questions, neutral) - 0.01
