"""CT from DICOM: series of slices in order, Hounsfield units, windows, and the head in a slice."""
