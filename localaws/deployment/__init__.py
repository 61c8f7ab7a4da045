"""Deployments of the template: to an account, or to the cloud that runs on this machine."""
