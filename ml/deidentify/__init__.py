"""What may name a patient is left out: of everything that is exported, and of copies of slides and CT."""
