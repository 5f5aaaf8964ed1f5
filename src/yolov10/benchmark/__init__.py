"""How fast a model is on this machine, in every runtime that is installed; a leaf, like `export`."""
