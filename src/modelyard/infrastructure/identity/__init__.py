"""Those who vouch for people and programs. Imported where a setting names one: an extra."""
