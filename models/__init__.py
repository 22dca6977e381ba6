"""Machine-learning models: text folding, encoder, matcher, match probability and stance. Arrays and strings only."""
