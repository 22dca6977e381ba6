"""The privacy room: keyed pseudonyms, the journal of erasures, and how long what is kept."""
