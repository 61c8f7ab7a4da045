"""Fires Glue triggers and EventBridge Scheduler schedules, as AWS does, on any clock."""
