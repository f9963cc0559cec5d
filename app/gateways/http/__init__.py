"""A carrier with an HTTP interface, described by settings alone."""
