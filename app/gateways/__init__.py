"""The wire: one small protocol, and a file per gateway that speaks it. Knows neither Flask nor the database."""
