"""The colours of every picture, by what they mean; and the one hatch that says "not fully heard".

Blue and vermilion stay apart for every kind of colour vision (Okabe and Ito 2008; their blue a little lighter). Each
has a contrast of 3 or more against white and against the dark card (WCAG 2.1, 1.4.11), so one picture serves both.
"""

BLUE, VERMILION, GREEN, GREY = "#2A82C0", "#D55E00", "#009E73", "#808A92"

GOOD = REFUTED = COUNTED = HEARD = BLUE
BAD = SPREAD = SURGING = VERMILION
REACH = GREEN
NEITHER = OTHER = UNHEARD = GREY

# Grounds that a picture may stand on: the card of our pages and mails, light and dark.
GROUNDS = ("#FFFFFF", "#1E2327")
# What stands beside what in one chart, and so must be told apart by its colour.
NEIGHBOURS = ((GOOD, BAD), (BAD, NEITHER), (GOOD, NEITHER), (COUNTED, UNHEARD), (SPREAD, REACH))


def red_green_blue(colour: str) -> tuple[int, int, int]:
    """`#RRGGBB` as three numbers from 0 to 255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
