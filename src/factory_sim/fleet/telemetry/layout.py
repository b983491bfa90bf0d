"""The paths of files within a directory of telemetry."""

DESCRIPTION = "telemetry.json"
DEVICES = "devices.parquet"
FAULTS = "truth/faults.parquet"
STATES = "truth/states.parquet"


def messages_file(name: str) -> str:
    """Return where the messages of a class are."""
    return f"messages/{name}.parquet"
