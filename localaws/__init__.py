"""The cloud on this machine: emulator, deployment, mappings, model, jobs, and the command."""
