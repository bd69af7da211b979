"""A member of a group: member.py BROKERS TOPIC GROUP. Prints a JSON object a line, an assignment or a record, until standard input ends."""

import json
import sys
import threading

from confluent_kafka import Consumer

brokers, topic, group = sys.argv[1:]
consumer = Consumer(
    {
        "bootstrap.servers": brokers,
        "group.id": group,
        "auto.offset.reset": "earliest",
        "partition.assignment.strategy": "range",
        "heartbeat.interval.ms": 500,
    }
)
asked_to_leave = threading.Event()


def tell(event):
    print(json.dumps(event), flush=True)


def wait_for_end_of_input():
    sys.stdin.read()
    asked_to_leave.set()


threading.Thread(target=wait_for_end_of_input, daemon=True).start()
consumer.subscribe([topic], on_assign=lambda _, partitions: tell({"assigned": [p.partition for p in partitions]}))
while not asked_to_leave.is_set():
    message = consumer.poll(0.1)
    if message is None:
        continue
    if message.error() is not None:
        sys.exit(str(message.error()))
    tell({"partition": message.partition(), "value": message.value().decode()})
consumer.close()
