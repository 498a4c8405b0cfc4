"""What every other room stands on: errors, units, progress, table declarations, frozen records."""
