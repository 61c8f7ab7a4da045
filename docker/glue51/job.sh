#!/bin/sh
# A batch job by spark-submit, on the cloud that runs from CLICKSTREAM_HOME:
# `job.sh NAME [--OPTION VALUE ...]`
# A lake is a folder (`--lake-path file:/...`): its log store of S3 needs Hadoop 3.4.
set -eu
name=$1
shift
cd "$(dirname "$0")/../.."
stack=$CLICKSTREAM_HOME/stack.json
[ -f "$stack" ] || {
    echo "job.sh: no cloud runs from $CLICKSTREAM_HOME: start one with \`clickstream up\`" >&2
    exit 1
}
of_stack() {
    python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]] or "")' "$stack" "$1"
}
endpoint=$(of_stack endpoint)
models=$(of_stack model_endpoint)
jars=${GLUE51_JARS:-$PWD/.setup/glue51/jars}/delta
# The emulator takes any credentials.
export AWS_ENDPOINT_URL="$endpoint" AWS_ENDPOINT_URL_SAGEMAKER="${models:-$endpoint}" \
    AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_EC2_METADATA_DISABLED=true \
    AWS_ACCESS_KEY_ID=000000000000 AWS_SECRET_ACCESS_KEY=local SPARK_LOCAL_IP=127.0.0.1 \
    PYTHONPATH="$PWD:$PWD/sagemaker${PYTHONPATH:+:$PYTHONPATH}"
exec spark-submit --master 'local[2]' --driver-memory 2g \
    --jars "$(find "$jars" -name '*.jar' | sort | paste -sd, -)" \
    --conf spark.ui.enabled=false \
    --conf spark.sql.warehouse.dir="${TMPDIR:-/tmp}/spark-warehouse" \
    --conf spark.sql.session.timeZone=UTC \
    --conf spark.sql.ansi.enabled=true \
    --conf spark.sql.shuffle.partitions=2 \
    --conf spark.databricks.delta.snapshotPartitions=2 \
    --conf spark.sql.extensions=io.delta.sql.DeltaSparkSessionExtension \
    --conf spark.sql.catalog.spark_catalog=org.apache.spark.sql.delta.catalog.DeltaCatalog \
    --conf spark.hadoop.fs.s3.impl=org.apache.hadoop.fs.s3a.S3AFileSystem \
    --conf spark.hadoop.fs.s3a.endpoint="$endpoint" \
    --conf spark.hadoop.fs.s3a.path.style.access=true \
    "glue_jobs/$name.py" --JOB_NAME "$name" "$@"
