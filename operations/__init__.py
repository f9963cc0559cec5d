"""What `make` runs: the environment, the supervisor behind `make run`, the checks behind `make test`."""
