"""Event source mappings of streams, driven as AWS Lambda drives them."""
