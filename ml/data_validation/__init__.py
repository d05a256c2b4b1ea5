"""Data validation: whether the data of a run may train a model.

After Polyzotis et al. (2019, "Data Validation for Machine Learning"): a schema, and figures that
are compared with bounds and with those of the run before.
"""
