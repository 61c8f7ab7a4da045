"""The tables of `template.yaml` from the contracts: `python -m infra.render` writes them anew.

What stands between the two markers is rendered, everything else is written by hand.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from catalog.registry import LAKE_PREFIX, LAKE_TABLES, STREAMS, TABLES
from catalog.tables import DynamoTable, LakeTable, Stream

TEMPLATE = Path(__file__).with_name("template.yaml")
BEGIN = "  # BEGIN of what `python -m infra.render` writes from catalog/\n"
END = "  # END of what `python -m infra.render` writes from catalog/\n"


def render(template: str) -> str:
    """The template with its rendered part made anew.

    Raises:
        ValueError: the markers are not there, each once and in order.
    """
    head, begin, rest = template.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not (begin and end) or BEGIN in rest or END in tail:
        raise ValueError(f"{TEMPLATE.name}: {BEGIN.strip()!r}, then {END.strip()!r}, each once")
    return head + BEGIN + _block(resources()) + END + tail


def resources() -> dict[str, Any]:
    """Every DynamoDB table and every table of the Data Catalog, as CloudFormation resources."""
    tables = {logical_name(table, "Table"): dynamodb_table(table) for table in TABLES}
    catalog = {logical_name(each, "CatalogTable"): catalog_table(each) for each in STREAMS + TABLES}
    lake = {logical_name(table, "LakeTable"): lake_table(table) for table in LAKE_TABLES}
    return tables | catalog | lake


def logical_name(described: Stream | DynamoTable | LakeTable, suffix: str) -> str:
    """The logical id: `price_changes` gives `PriceChangesTable`."""
    return "".join(part.title() for part in described.name.split("_")) + suffix


def dynamodb_table(table: DynamoTable) -> dict[str, Any]:
    """`AWS::DynamoDB::Table`; kept with its items when it has no time to live."""
    properties: dict[str, Any] = {
        "TableName": table.name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": table.attribute_definitions(),
        "KeySchema": table.key_schema(),
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "SSESpecification": {"SSEEnabled": True},
    }
    if table.indexes:
        properties["GlobalSecondaryIndexes"] = [
            {
                "IndexName": index.name,
                "KeySchema": table.key_schema(index.name),
                "Projection": {"ProjectionType": "ALL"},
            }
            for index in table.indexes
        ]
    if table.stream_view:
        properties["StreamSpecification"] = {"StreamViewType": table.stream_view}
    if table.ttl:
        properties["TimeToLiveSpecification"] = {"AttributeName": table.ttl, "Enabled": True}
    kept = table.ttl is None
    return {
        "Type": "AWS::DynamoDB::Table",
        "DeletionPolicy": "RetainExceptOnCreate" if kept else "Delete",
        "UpdateReplacePolicy": "Retain" if kept else "Delete",
        "Properties": properties,
    }


def catalog_table(described: Stream | DynamoTable) -> dict[str, Any]:
    """`AWS::Glue::Table`; the stream's or table's ARN is left to CloudFormation."""
    suffix = "Stream" if isinstance(described, Stream) else "Table"
    arn = {"Fn::GetAtt": [logical_name(described, suffix), "Arn"]}
    return _glue_table(_replaced(described.to_table_input("<arn>"), "<arn>", arn))


def lake_table(table: LakeTable) -> dict[str, Any]:
    """`AWS::Glue::Table` of a Delta table in the bucket of the deployment."""
    place = {"Fn::Sub": f"s3://${{ArtefactBucket}}/{table.location(LAKE_PREFIX)}"}
    return _glue_table(_replaced(table.to_table_input("<location>"), "<location>", place))


def _glue_table(table_input: dict[str, Any]) -> dict[str, Any]:
    return {
        "Type": "AWS::Glue::Table",
        "Properties": {
            "CatalogId": {"Ref": "AWS::AccountId"},
            "DatabaseName": {"Ref": "Database"},
            "TableInput": table_input,
        },
    }


def _replaced(value: Any, old: str, new: Any) -> Any:
    if isinstance(value, dict):
        return {key: _replaced(each, old, new) for key, each in value.items()}
    if isinstance(value, list):
        return [_replaced(each, old, new) for each in value]
    return new if value == old else value


class _Dumper(yaml.SafeDumper):
    """Writes what occurs twice twice: CloudFormation knows no YAML aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _block(values: dict[str, Any]) -> str:
    text = yaml.dump(values, Dumper=_Dumper, sort_keys=False, width=100, allow_unicode=True)
    return "".join(f"  {line}\n" if line else "\n" for line in text.splitlines())


def main() -> None:
    """Write the template's rendered part."""
    TEMPLATE.write_text(render(TEMPLATE.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
