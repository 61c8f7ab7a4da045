"""SQL over the tables that the Data Catalog names: Delta, files and DynamoDB."""
