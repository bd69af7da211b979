"""Writes records to partition 0 of a topic: produce.py BROKERS TOPIC COMPRESSION, one JSON object a line on standard input."""

import json
import sys

from confluent_kafka import Producer

brokers, topic, compression = sys.argv[1:]
producer = Producer(
    {
        "bootstrap.servers": brokers,
        "compression.type": compression,
        "acks": "all",
        "linger.ms": 200,  # long enough for one batch of all of them
        "batch.size": 1_000_000,
        "message.max.bytes": 5_000_000,
    }
)
errors = []


def on_delivery(error, message):
    if error is not None:
        errors.append(str(error))


def data(text):
    return None if text is None else text.encode()


for line in sys.stdin:
    record = json.loads(line)
    producer.produce(
        topic,
        partition=0,
        key=data(record["key"]),
        value=data(record["value"]),
        headers=[(name, data(value)) for name, value in record["headers"]],
        on_delivery=on_delivery,
    )
left = producer.flush(30)
if left > 0 or errors:
    sys.exit(f"{left} records not sent; {errors}")
