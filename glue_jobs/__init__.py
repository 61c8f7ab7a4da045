"""The shell: one thin script a job, over the transforms; the only package with awsglue."""
