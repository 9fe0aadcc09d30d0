"""The pure part: values, rules and plans. No clock, randomness, environment, network, Git or process in here."""
