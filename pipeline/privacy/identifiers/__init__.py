"""What points to a person in a post: one module for each family of identifiers, each a pure function of a surface."""
