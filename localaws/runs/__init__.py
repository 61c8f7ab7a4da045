"""Runs of Glue jobs: started from the deployed definition, and remembered in the state folder."""
