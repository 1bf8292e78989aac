"""Networks that several lessons share, each equal to the lesson's own."""
