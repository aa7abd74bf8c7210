"""The command ``houseboat``: one file per verb. The only package that prints."""
