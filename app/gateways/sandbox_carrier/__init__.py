"""A small server that behaves like a carrier, for development, tests and benchmarks. Loopback only.

`python -m app.gateways.sandbox_carrier` is the program, `running.RunningCarrier` the same in a thread. What
it does with a number stands in `app.gateways.sandbox_numbers`. It does not dedupe, as many carriers do not: a
message sent twice is accepted twice, and shows.
"""
