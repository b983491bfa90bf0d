"""Run the command as ``python -m factory_sim``."""

from factory_sim.cli import main

if __name__ == "__main__":
    main()
