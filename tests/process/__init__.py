"""The incident process, sentence by sentence."""
