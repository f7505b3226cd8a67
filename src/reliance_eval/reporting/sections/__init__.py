"""The sections of the report, one file each; ``report.section.<name>`` holds their titles."""
