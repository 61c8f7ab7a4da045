"""What an AWS Glue crawler does, over the stores of the local cloud."""
