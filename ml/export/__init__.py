"""Results of CT as DICOM objects beside the source series: pictures, masks, maps and a structured report."""
