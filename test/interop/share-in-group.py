"""Two consumers of one group read a topic between them: share-in-group.py BROKERS TOPIC GROUP COUNT.

Prints how many records each has read, and then the committed offsets' sum.
"""

import sys
import time

from confluent_kafka import Consumer, TopicPartition

brokers, topic, group, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])


def join():
    consumer = Consumer(
        {
            "bootstrap.servers": brokers,
            "group.id": group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    consumer.subscribe([topic])
    return consumer


consumers = [join(), join()]
give_up_at = time.monotonic() + 60
# Both are in before either is read from for good: what is read until then is read again.
while not all(consumer.assignment() for consumer in consumers):
    if time.monotonic() > give_up_at:
        sys.exit("the group did not settle in 60 s")
    for consumer in consumers:
        consumer.poll(0.1)
for consumer in consumers:
    for partition in consumer.assignment():
        consumer.seek(TopicPartition(topic, partition.partition, 0))

read = [0, 0]
while sum(read) < count:
    if time.monotonic() > give_up_at:
        sys.exit(f"read {read} of {count} records in 60 s")
    for index, consumer in enumerate(consumers):
        message = consumer.poll(0.1)
        if message is None:
            continue
        if message.error() is not None:
            sys.exit(str(message.error()))
        read[index] += 1
for consumer in consumers:
    consumer.commit(asynchronous=False)
committed = [o for c in consumers for o in c.committed(c.assignment())]
print(*read)
print(sum(offset.offset for offset in committed))
for consumer in consumers:
    consumer.close()
