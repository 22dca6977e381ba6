"""How well the product decides: labelled posts through the same path as any other post, and a peer's beside it."""
