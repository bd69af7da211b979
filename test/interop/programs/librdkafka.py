"""The small scenario with confluent-kafka: librdkafka.py BROKERS TOPIC GROUP PROTOCOL.

Writes 100 records in a transaction and as many in one that is aborted, and reads with two consumers of a group, by the
classic protocol or by that of KIP-848.
"""

import sys
import time


from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

brokers, topic, group, protocol = sys.argv[1:5]

admin = AdminClient({"bootstrap.servers": brokers})
for future in admin.create_topics([NewTopic(topic, num_partitions=4, replication_factor=1)]).values():
    future.result(30)

producer = Producer(
    {"bootstrap.servers": brokers, "transactional.id": group, "compression.type": "lz4"}
)
producer.init_transactions(30)


def send(first, end):
    producer.begin_transaction()
    for n in range(first, first + 100):
        producer.produce(topic, key=str(n), value=str(n))
    end()


send(0, lambda: producer.commit_transaction(30))
send(1000, lambda: producer.abort_transaction(30))
print("written")


def consumer():
    config = {
        "bootstrap.servers": brokers,
        "group.id": group,
        "group.protocol": protocol,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "isolation.level": "read_committed",
    }
    member = Consumer(config)
    member.subscribe([topic])
    return member


def until(is_true, members, values):
    give_up_at = time.monotonic() + 60
    while not is_true():
        if time.monotonic() > give_up_at:
            sys.exit(f"it took more than 60 s; read {len(values)} records")
        for member in members:
            message = member.poll(0.1)
            if message is None:
                continue
            if message.error() is not None:
                sys.exit(str(message.error()))
            values.append(int(message.value()))


members, values = [consumer(), consumer()], []
until(lambda: sorted(len(m.assignment()) for m in members) == [2, 2], members, values)
print("shared", sorted(p.partition for m in members for p in m.assignment()))
until(lambda: len(set(values)) == 100, members, values)
print("read", min(values), max(values), len(set(values)))
for member in members:
    try:
        member.commit(asynchronous=False)
    except Exception as error:  # a member that has read nothing has nothing to commit
        if "_NO_OFFSET" not in str(error):
            raise
    member.close()

send(100, lambda: producer.commit_transaction(30))
again, values = consumer(), []
until(lambda: set(range(100, 200)) <= set(values), [again], values)
print("went on", len(set(range(100, 200)) - set(values)), "missing")
again.commit(asynchronous=False)
again.close()
