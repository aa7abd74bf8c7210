"""What the tables of the star schema share."""
