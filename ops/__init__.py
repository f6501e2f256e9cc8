"""What stands behind `./lastmile`: one small module a subject, Python's standard library alone."""
