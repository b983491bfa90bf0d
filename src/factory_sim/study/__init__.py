"""Studies: scenarios, levels of automation and replications, run and compared."""
