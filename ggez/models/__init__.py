"""Model families: one file each says how to load, save and use a checkpoint."""
