"""Small examples of the pages for engineers. Tests run them."""
