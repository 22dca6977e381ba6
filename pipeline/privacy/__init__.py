"""The privacy room: keyed pseudonyms of authors."""
