"""The session job from outside: how it is set, what it gave, and what can be read from that."""
