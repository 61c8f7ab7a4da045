"""Session rows in, by the Lambda destination's contract; the table `sessions` out."""
