"""The site: pages as data, staged in a folder that a site generator builds."""
