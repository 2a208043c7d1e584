"""The embedded AWS: starting it, deploying template.yaml to it, stopping it."""
