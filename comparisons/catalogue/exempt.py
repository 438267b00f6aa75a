"""Public names that have nothing to compare, each with the reason; a test asks for an entry of every other public name."""

EXEMPT = {
}
