"""The small scenario with kafka-python: kafka_python.py BROKERS TOPIC GROUP.

Writes 100 records with keys, reads them with two consumers of a group, commits, and goes on where the group was.
"""

import sys
import time

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic

brokers, topic, group = sys.argv[1], sys.argv[2], sys.argv[3]

admin = KafkaAdminClient(bootstrap_servers=brokers)
admin.create_topics([NewTopic(topic, num_partitions=4, replication_factor=1)])

producer = KafkaProducer(bootstrap_servers=brokers, acks="all", compression_type="gzip")


def send(first):
    sent = [
        producer.send(topic, key=str(n).encode(), value=str(n).encode(), headers=[("n", b"%d" % n)])
        for n in range(first, first + 100)
    ]
    return [each.get(timeout=30) for each in sent]


metadata = send(0)
print("written", len(metadata), sorted({m.partition for m in metadata}))


def consumer():
    return KafkaConsumer(
        topic,
        bootstrap_servers=brokers,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        session_timeout_ms=10000,
        heartbeat_interval_ms=500,
    )


def read(members, first):
    """Reads until it has seen all of a hundred. What was read before a rebalance may come again."""
    wanted, seen = set(range(first, first + 100)), set()
    give_up_at = time.monotonic() + 60
    while not wanted <= seen:
        if time.monotonic() > give_up_at:
            sys.exit(f"{len(wanted - seen)} records are missing after 60 s")
        for member in members:
            for records in member.poll(timeout_ms=100).values():
                seen |= {int(record.value) for record in records}
    return sorted(wanted & seen)


members = [consumer(), consumer()]
values = read(members, 0)
print("read", values[0], values[-1], len(values))
give_up_at = time.monotonic() + 60
while sorted(len(member.assignment()) for member in members) != [2, 2]:
    if time.monotonic() > give_up_at:
        sys.exit("the group did not settle in 60 s")
    for member in members:
        member.poll(timeout_ms=100)
print("shared", sorted(p.partition for member in members for p in member.assignment()))
# Who got a partition late reads it from its beginning, so that all of it is committed.
while sum(member.position(p) for member in members for p in member.assignment()) < 100:
    if time.monotonic() > give_up_at:
        sys.exit("the partitions were not read to their ends in 60 s")
    for member in members:
        member.poll(timeout_ms=100)
for member in members:
    member.commit()
    member.close()

send(100)
again = consumer()
values = read([again], 100)
print("went on", values[0], values[-1], len(values))
again.commit()
offsets = admin.list_consumer_group_offsets(group)
print("committed", sum(offset.offset for offset in offsets.values()))
ends = again.end_offsets([TopicPartition(topic, p) for p in range(4)])
print("end", sum(ends.values()))
again.close()
producer.close()
admin.close()
