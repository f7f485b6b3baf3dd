"""Picture archives (PACS): find studies, fetch series, send results, over DIMSE and DICOMweb alike."""
