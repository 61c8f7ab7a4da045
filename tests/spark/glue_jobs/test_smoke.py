import json, datetime as dt
from catalog.registry import *
from catalog.streams import CLICKSTREAM
from catalog.price_loop import *
from catalog.operations import *
from glue_jobs.price_batch import PriceBatches
from glue_jobs import enrichment
from types import SimpleNamespace
from datetime import timedelta

def test_smoke(spark, glue, tables):
    opts=SimpleNamespace(JOB_NAME="j",window=timedelta(seconds=10),allowed_lateness=timedelta(minutes=10),orders_horizon=timedelta(hours=24),evidence_candidates=50,database="clickstream",enrichment="keys",snapshot_every=3)
    T0=1767225600000
    def row(i,e):
        d=e if isinstance(e,bytes) else json.dumps(e).encode()
        return (d,"clickstream","u",str(100+i),dt.datetime(2026,1,1,0,1,tzinfo=dt.timezone.utc))
    ev=[dict(user_id="u1",event_timestamp=T0+i*1000,event_type="click",product_id="p1",event_id=f"e{i}",price_cents=100) for i in range(15)]
    rows=[row(i,e) for i,e in enumerate(ev+[ev[0],b"xx"])]
    df=spark.createDataFrame(rows,"data binary, streamName string, partitionKey string, sequenceNumber string, approximateArrivalTimestamp timestamp")
    tables.put(PRODUCTS, {"product_id":"p1","price_cents":120,"price_version":1})
    D=CLICKSTREAM.schema.struct_type()
    b=PriceBatches(glue,opts,D,enrichment.chosen(glue,opts),lambda g:"q")
    b(df,0)
    a=[tables.items(t) for t in TABLES]
    for x in a: print(x)
    b(df,0)
    assert a==[tables.items(t) for t in TABLES]
    b(df,1)
    for t in TABLES: print(tables.items(t))
    assert 0
