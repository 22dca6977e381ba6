"""What a practice says about itself in public: a redacted copy keeps it."""

from pipeline.listening import Practice


def public_terms(practice: Practice) -> tuple[str, ...]:
    """What a practice says about itself in public, as `keep` of `redact` wants it."""
    terms = [practice.name, *practice.aliases, *practice.not_us, practice.website, *_numbers(practice.phone)]
    for clinician in practice.clinicians:
        name = clinician.name.split(",")[0]
        terms += [name, *name.split()[-1:]]
    for place in practice.locations:
        terms += [place.name, place.street, place.city, place.zip]
    for handles in practice.handles.values():
        terms += [form for handle in handles for form in (handle, handle.lstrip("@"), f"@{handle.lstrip('@')}")]
    return tuple(dict.fromkeys(term for term in terms if len(term) > 1))


def _numbers(phone: str) -> list[str]:
    digits = "".join(letter for letter in phone if letter.isdigit())[-10:]
    if len(digits) != 10:
        return [phone]
    area, first, last = digits[:3], digits[3:6], digits[6:]
    shapes = ("{0}-{1}-{2}", "({0}) {1}-{2}", "{0} {1} {2}", "{0}.{1}.{2}", "{0}{1}{2}", "1-{0}-{1}-{2}", "{1}-{2}")
    return [phone, *(shape.format(area, first, last) for shape in shapes)]
