"""What the network is: layer tables and counts, from the rows that build it."""
