"""The embedded world: drawings, renderer, captions, pools and recipes."""
