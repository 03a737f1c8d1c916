secret = "told"
