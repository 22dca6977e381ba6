"""Commands about thresholds that are fitted to reviews: show, fit, apply, undo, dismiss."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from pipeline import recalibrating
from pipeline.cli.acting import AsJson, By, Now, one_line, person
from pipeline.cli.output import console, print_counts, print_json
from pipeline.workplace import moment, open_workplace

_DONE = {"apply": "applied", "undo": "gone back to", "dismiss": "dismissed"}

Version = Annotated[int, typer.Argument(help="Number of the version, as `auscult calibrate show` lists it.")]
Note = Annotated[str, typer.Option(help="Why. Never text of a post.")]

app = typer.Typer(help="From which score alerts are raised, as people's verdicts teach it.", no_args_is_help=True)


@app.command()
def show(as_json: AsJson = False) -> None:
    """Show the newest versions: what they change, precision and recall before and after, and which one is in force."""
    in_force, found = recalibrating.fits(open_workplace())
    if as_json:
        print_json({"in_force": in_force, "versions": found})
        return
    console.print(f"in force: {'the numbers of the policy' if in_force is None else f'version {in_force}'}")
    for fit in found:
        console.print("\n".join(_lines(fit, in_force)), markup=False, soft_wrap=True)


@app.command()
def fit(now: Now = "") -> None:
    """Fit the thresholds to the reviews now, as the nightly run does; what is inside the bounds is applied."""
    print_counts("fitted", recalibrating.fit_to_reviews(open_workplace(), moment(now)))


@app.command()
def apply(version: Version, by: By, note: Note = "", now: Now = "") -> None:
    """Put a version in force; the posts that it touches are screened again by the next run."""
    again = recalibrating.apply_version(open_workplace(), version, person(by), moment(now), one_line(note))
    console.print(f"version {version} is in force; posts that are screened again: {again}")


@app.command()
def undo(by: By, note: Note = "", now: Now = "") -> None:
    """Go back to the version that was in force before the present one."""
    version, again = recalibrating.undo(open_workplace(), person(by), moment(now), one_line(note))
    called = "the numbers of the policy are" if version is None else f"version {version} is"
    console.print(f"{called} in force; posts that are screened again: {again}")


@app.command()
def dismiss(version: Version, by: By, note: Note = "", now: Now = "") -> None:
    """Say that a version is not wanted; the same is not proposed again."""
    recalibrating.dismiss(open_workplace(), version, person(by), moment(now), one_line(note))
    console.print(f"version {version} is dismissed")


def _lines(fit: Mapping[str, Any], in_force: int | None) -> Iterator[str]:
    newest = fit["acts"][0] if fit["acts"] else None
    state = "in force" if fit["version"] == in_force else _DONE[newest["act"]] if newest else "proposed"
    by = f" by {newest['acted_by']}" if newest else ""
    yield f"version {fit['version']}, {state}{by}; fitted {fit['fitted_at']:%Y-%m-%d} to {fit['labels']} verdicts"
    for measure in ("precision", "recall"):
        yield f"  {measure}: {_before_and_after(fit, measure)}"
    yield f"  alerts of the retained window: {fit['alerts_gained']} more, {fit['alerts_lost']} fewer"
    if state == "proposed":
        yield f"  waits for a person: {fit['beyond_bounds']}"
    for one in fit["thresholds"]:
        pool = f"claim {one['claim_id']}" if one["claim_id"] else f"source {one['source']}"
        proven = "proven" if one["proven"] else "not proven"
        yield f"  {pool}: from {one['threshold']:.2f} on, {proven} ({one['confirmed']} of {one['labels']} confirmed)"


def _before_and_after(fit: Mapping[str, Any], measure: str) -> str:
    return " -> ".join(_interval(fit, f"{measure}_{when}") for when in ("before", "after"))


def _interval(fit: Mapping[str, Any], name: str) -> str:
    if fit[name] is None:
        return "none labelled"
    return f"{fit[name]:.2f} ({fit[f'{name}_low']:.2f} to {fit[f'{name}_high']:.2f})"
