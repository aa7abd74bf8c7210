"""Task types of jobs: one module each; ``registry.TYPES`` lists them."""
