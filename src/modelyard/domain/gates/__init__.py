"""Gates: conditions that a version fulfils before it may enter a stage, in the query language's expressions."""
