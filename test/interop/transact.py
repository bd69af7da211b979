"""Copies a topic's partition 0 to another one in transactions: transact.py BROKERS FROM TO GROUP COUNT.

Every second transaction is aborted first and done again. Prints the values that a reader of committed records sees in the
copy, and then the committed offset.
"""

import sys

from confluent_kafka import Consumer, Producer, TopicPartition

brokers, source, target, group, count = sys.argv[1:5] + [int(sys.argv[5])]
BATCH = 5


def reader(topic, **more):
    consumer = Consumer(
        {
            "bootstrap.servers": brokers,
            "group.id": group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            **more,
        }
    )
    consumer.assign([TopicPartition(topic, 0, 0)])
    return consumer


def take(consumer, number):
    taken = []
    while len(taken) < number:
        for message in consumer.consume(number - len(taken), 10):
            if message.error() is not None:
                sys.exit(str(message.error()))
            taken.append(message)
    return taken


producer = Producer({"bootstrap.servers": brokers, "transactional.id": f"copy-{group}", "linger.ms": 5})
producer.init_transactions(30)
consumer = reader(source)


def copy(messages, committed):
    producer.begin_transaction()
    for message in messages:
        producer.produce(target, partition=0, value=message.value())
    position = TopicPartition(source, 0, messages[-1].offset() + 1)
    producer.send_offsets_to_transaction([position], consumer.consumer_group_metadata(), 30)
    producer.flush(30)  # what is not sent yet would not be, when it is aborted
    if committed:
        producer.commit_transaction(30)
    else:
        producer.abort_transaction(30)


for index in range(count // BATCH):
    messages = take(consumer, BATCH)
    if index % 2 == 1:
        copy(messages, False)
    copy(messages, True)

copies = take(reader(target), count)
print(" ".join(message.value().decode() for message in copies))
print(consumer.committed([TopicPartition(source, 0)])[0].offset)
consumer.close()
