"""Tasks, metrics, statistics and sweeps. Validation chooses, test reports."""
