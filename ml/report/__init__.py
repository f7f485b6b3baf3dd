"""What a person takes away: findings, figures, the PDF report, tables and GeoJSON."""
