"""Errors of the engine. Each message says where, what was found, what is allowed, what to do."""


class GlueLocalError(Exception):
    """Base of every error that the engine raises by itself."""


class ScriptArgumentError(GlueLocalError):
    """Raised when the command line names a script or an option that cannot be used."""


class JavaError(GlueLocalError):
    """Raised when no Java that Spark can run on is found."""


class JarsError(GlueLocalError):
    """Raised when the connector jars are missing, cannot be fetched or differ from the lock."""


class CatalogTableError(GlueLocalError):
    """Raised when a Data Catalog table lacks what a reader or writer needs to know."""


class DatalakeFormatError(GlueLocalError):
    """Raised when a table's format is one that the job was not started with."""


class DynamoDbItemError(GlueLocalError):
    """Raised when a row cannot be an item: no key, too large, or a value DynamoDB has not."""


class NotImplementedLocallyError(NotImplementedError):
    """Raised when a script calls a part of the Glue API that this package does not have yet."""
