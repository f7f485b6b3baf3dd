"""Networks and the devices they run on. Imports torch."""
