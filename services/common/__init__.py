"""What several features need: text, storing, threads that wait for each other."""
