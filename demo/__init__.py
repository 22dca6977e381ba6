"""The demonstration: invented posts and loopback servers that speak the platforms' wire formats."""
