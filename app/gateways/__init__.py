"""The wire: one small protocol, a file per gateway that speaks it. Knows neither Flask nor the database."""
