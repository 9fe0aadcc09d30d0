"""The kind `runbook`: its model, configuration, rules, actions and page."""
