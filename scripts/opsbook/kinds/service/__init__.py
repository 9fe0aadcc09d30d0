"""The kind `service`: its model, configuration, rules, actions and page."""
