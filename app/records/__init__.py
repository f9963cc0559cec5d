"""Reading what happened: lists, figures and histories. Nothing here changes anything."""
