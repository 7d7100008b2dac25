// Placeholder, replaced by the parts of this target.
