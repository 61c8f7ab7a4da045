"""What a deployment costs a month: its capacity and the volume observed, at list prices."""
