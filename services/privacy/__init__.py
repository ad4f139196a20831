"""What protects people and the reader: masking of persons, hostile text."""
