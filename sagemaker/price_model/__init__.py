"""The price model: demand learnt from clicks and units, and the price of the highest profit."""
