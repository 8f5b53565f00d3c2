"""Regional fine-tuning."""
