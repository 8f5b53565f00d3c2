"""GG-EZ Explorer: regional adaptation of vision-language models by merging, made visible."""
