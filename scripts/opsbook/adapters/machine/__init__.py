"""This machine: its folders, its state, its terminal and its processors."""
