"""WhatsApp message templates: written by clients, marked by staff as WhatsApp decides."""
