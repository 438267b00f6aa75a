"""The atlas: every component as a page that sets our code beside its PyTorch reference, with the agreement of every line measured."""
