"""The studies: a file a component, each with a `STUDY`."""
