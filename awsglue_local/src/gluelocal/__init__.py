"""The engine behind the local `awsglue` package, and the command `gluelocal`."""

__version__ = "0.1.0"
