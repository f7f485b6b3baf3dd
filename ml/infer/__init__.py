"""Running a network over a region: reader threads, a bounded queue, one thread that owns the device."""
