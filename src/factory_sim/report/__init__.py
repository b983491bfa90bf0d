"""Reports: the terminal, files, and the manifest that lets a run be repeated."""
