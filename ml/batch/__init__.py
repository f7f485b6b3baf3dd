"""Many slides or series with one model, on this computer or a cluster, resumed where it stopped. No torch."""
