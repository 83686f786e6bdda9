"""What the integration tests are made of: the router as a process, backends that misbehave by
script, a client that sees every byte, and waiting for a state instead of for time."""
