"""Writes a record for each key with one of librdkafka's partitioners: partitioners.py BROKERS TOPIC PARTITIONER.

Standard input is a JSON list of keys in hexadecimal, null for none; the output the list of the partitions that they went to.
"""

import json
import sys

from confluent_kafka import Producer

brokers, topic, partitioner = sys.argv[1:]
producer = Producer({"bootstrap.servers": brokers, "partitioner": partitioner})
keys = json.load(sys.stdin)
partitions = [None] * len(keys)


def placing(index):
    def on_delivery(error, message):
        if error is not None:
            sys.exit(str(error))
        partitions[index] = message.partition()

    return on_delivery


for index, key in enumerate(keys):
    key = None if key is None else bytes.fromhex(key)
    producer.produce(topic, key=key, value=b"v", on_delivery=placing(index))
    producer.poll(0)
if producer.flush(60) > 0:
    sys.exit("not all records were sent")
print(json.dumps(partitions))
