"""RQ jobs: each pushes the application context, loads by id and makes one domain call."""
