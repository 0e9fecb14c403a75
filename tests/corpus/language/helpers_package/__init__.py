"""A package of the corpus."""
