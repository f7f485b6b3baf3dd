"""Whether this computer is fit for Parfocal: what was looked at, what it means, what to do."""
