"""Those whom an offer moves: who they are, what became of them, how strongly it moves them."""
