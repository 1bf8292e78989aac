"""The rules of a lesson's form, one function a rule; tools/form.py says which form has which."""
