"""Measures of speed: ratios against named baselines in the same run, on the same cores."""
