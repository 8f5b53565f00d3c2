"""The page: what the workbench knows, as JSON, in a browser. Imports no torch."""
