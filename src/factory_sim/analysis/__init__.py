"""The results of a run: accounts, audit, statistics, and theory to check them against."""
