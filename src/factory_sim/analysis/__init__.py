"""What a run amounts to: accounts, audit, statistics, and theory to hold them against."""
