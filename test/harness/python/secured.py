"""Writes a record with TLS and a login, and reads it back: secured.py BROKERS CA_FILE MECHANISM USER PASSWORD TOPIC."""

import sys

from confluent_kafka import Consumer, KafkaError, OFFSET_BEGINNING, Producer, TopicPartition

brokers, ca_file, mechanism, user, password, topic = sys.argv[1:]
failures = []


def on_error(error):
    if error.code() == KafkaError._AUTHENTICATION:
        failures.append(error.str())


settings = {
    "bootstrap.servers": brokers,
    "security.protocol": "SASL_SSL",
    "ssl.ca.location": ca_file,
    "sasl.mechanism": mechanism,
    "sasl.username": user,
    "sasl.password": password,
    "error_cb": on_error,
}

producer = Producer({**settings, "message.timeout.ms": 5000})
outcome = []
producer.produce(topic, value=b"hello", on_delivery=lambda error, _: outcome.append(error))
while not outcome and not failures:
    producer.poll(0.1)
if failures or outcome[0] is not None:
    print(failures[0] if failures else outcome[0].str())
    sys.exit(0)

consumer = Consumer({**settings, "group.id": "readers", "enable.auto.commit": False})
consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
message = consumer.poll(20)
print(message.value().decode() if message is not None and message.error() is None else "nothing came")
consumer.close()
