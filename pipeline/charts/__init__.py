"""Charts: frames in, SVG out; the same shapes and colours in the report, the mails and the pages. Pure."""
