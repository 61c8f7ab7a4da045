"""The template that is deployed here and on AWS, and the part of it that contracts render."""
