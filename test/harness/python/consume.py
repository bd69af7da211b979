"""Reads records of partition 0 of a topic from its beginning: consume.py BROKERS TOPIC COUNT, one JSON object a line."""

import json
import sys
import time

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

brokers, topic, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
consumer = Consumer(
    {
        "bootstrap.servers": brokers,
        "group.id": "none",  # a setting that it insists on; partitions are assigned by hand and nothing is committed
        "enable.auto.commit": False,
    }
)
consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])


def text(data):
    return None if data is None else data.decode()


give_up_at = time.monotonic() + 30
read = 0
while read < count:
    if time.monotonic() > give_up_at:
        sys.exit(f"read {read} of {count} records in 30 s")
    message = consumer.poll(1)
    if message is None:
        continue
    if message.error() is not None:
        sys.exit(str(message.error()))
    headers = [[name, text(value)] for name, value in message.headers() or []]
    print(json.dumps({"key": text(message.key()), "value": text(message.value()), "headers": headers}))
    read += 1
consumer.close()
