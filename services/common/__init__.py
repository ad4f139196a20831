"""What several rooms need: text, storing, threads that wait for each other."""
