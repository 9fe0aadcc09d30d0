"""The kind `incident`: its model, configuration, rules, actions and page."""
