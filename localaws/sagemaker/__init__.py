"""SageMaker on this machine: its control API, and the model processes behind its endpoints."""
