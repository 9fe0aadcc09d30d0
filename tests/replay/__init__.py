"""What the program leaves on GitHub, recorded once and compared since: see `record` and `test_replay`.

Two things are kept here as data, so that they outlive whatever wrote them:

* `recorded/`: what is on GitHub and what was said after each step of each scenario in `scenarios`. It says nothing of
  how the program talks to GitHub: not which calls it makes, nor how many.
* `half_done/`: what programs that were cut off in the middle have left behind, on GitHub and on their machine. The
  program of today has to finish it: see `test_half_done`. `half_done/README.md` says how it was made.
"""
