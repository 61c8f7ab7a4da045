"""Click-through rates on this machine: windows, pictures, and the messages that were sent."""
