"""Pages in a browser, rendered here and without a script: the page of one alert; the triage page grows from it."""
