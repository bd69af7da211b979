import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** The small scenario with Java's clients: Clients.java BROKERS NAME classic|consumer|share|transaction. */
public class Clients {
  static String brokers;
  static String name;

  public static void main(String[] args) throws Exception {
    brokers = args[0];
    name = args[1];
    try (Admin admin = Admin.create(base())) {
      admin.createTopics(List.of(new NewTopic(name, 4, (short) 1), new NewTopic(name + "-out", 1, (short) 1)))
          .all().get(30, TimeUnit.SECONDS);
      switch (args[2]) {
        case "classic", "consumer" -> group(args[2]);
        case "share" -> share(admin);
        case "transaction" -> transaction();
        default -> throw new IllegalArgumentException(args[2]);
      }
    }
  }

  static Properties base() {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", brokers);
    return properties;
  }

  static KafkaProducer<String, String> producer(Map<String, String> more) {
    Properties properties = base();
    properties.putAll(more);
    return new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer());
  }

  static KafkaConsumer<String, String> consumer(Map<String, String> more) {
    Properties properties = base();
    properties.put("group.id", name);
    properties.put("auto.offset.reset", "earliest");
    properties.put("enable.auto.commit", "false");
    properties.putAll(more);
    return new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer());
  }

  static void write(int first) throws Exception {
    try (KafkaProducer<String, String> producer = producer(Map.of("compression.type", "zstd"))) {
      for (int n = first; n < first + 100; n++) producer.send(new ProducerRecord<>(name, "" + n, "" + n));
    }
  }

  interface Condition { boolean holds(); }

  static void until(Condition condition, Runnable meanwhile) {
    long giveUpAt = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!condition.holds()) {
      if (System.nanoTime() > giveUpAt) throw new IllegalStateException("it took more than 60 s");
      meanwhile.run();
    }
  }

  static void group(String protocol) throws Exception {
    write(0);
    Map<String, String> config = Map.of("group.protocol", protocol);
    TreeSet<Integer> values = new TreeSet<>();
    List<KafkaConsumer<String, String>> members = List.of(consumer(config), consumer(config));
    for (KafkaConsumer<String, String> member : members) member.subscribe(List.of(name));
    Runnable poll = () -> {
      for (KafkaConsumer<String, String> member : members)
        for (ConsumerRecord<String, String> record : member.poll(Duration.ofMillis(100)))
          values.add(Integer.parseInt(record.value()));
    };
    until(() -> members.stream().allMatch(member -> member.assignment().size() == 2), poll);
    until(() -> values.size() == 100, poll);
    System.out.println("read " + values.first() + " to " + values.last());
    for (KafkaConsumer<String, String> member : members) {
      member.commitSync();
      member.close();
    }
    write(100);
    values.clear();
    try (KafkaConsumer<String, String> again = consumer(config)) {
      again.subscribe(List.of(name));
      until(() -> values.containsAll(java.util.stream.IntStream.range(100, 200).boxed().toList()), () -> {
        for (ConsumerRecord<String, String> record : again.poll(Duration.ofMillis(100)))
          values.add(Integer.parseInt(record.value()));
      });
      again.commitSync();
      long committed = 0;
      TreeSet<TopicPartition> partitions = new TreeSet<>(java.util.Comparator.comparing(TopicPartition::partition));
      for (int partition = 0; partition < 4; partition++) partitions.add(new TopicPartition(name, partition));
      for (OffsetAndMetadata offset : again.committed(partitions).values()) committed += offset.offset();
      System.out.println("committed " + committed);
    }
  }

  static void share(Admin admin) throws Exception {
    ConfigResource group = new ConfigResource(ConfigResource.Type.GROUP, name);
    AlterConfigOp earliest =
        new AlterConfigOp(new ConfigEntry("share.auto.offset.reset", "earliest"), AlterConfigOp.OpType.SET);
    admin.incrementalAlterConfigs(Map.of(group, List.of(earliest))).all().get(30, TimeUnit.SECONDS);
    write(0);
    Properties properties = base();
    properties.put("group.id", name);
    properties.put("share.acknowledgement.mode", "explicit");
    Map<Integer, Integer> deliveries = new HashMap<>();
    TreeSet<Integer> accepted = new TreeSet<>();
    List<KafkaShareConsumer<String, String>> members = new ArrayList<>();
    for (int member = 0; member < 2; member++) {
      members.add(new KafkaShareConsumer<>(properties, new StringDeserializer(), new StringDeserializer()));
      members.get(member).subscribe(List.of(name));
    }
    until(() -> accepted.size() == 100, () -> {
      for (KafkaShareConsumer<String, String> member : members) {
        for (ConsumerRecord<String, String> record : member.poll(Duration.ofMillis(100))) {
          int value = Integer.parseInt(record.value());
          // Every tenth is let go once, and comes again.
          boolean isLetGo = value % 10 == 0 && deliveries.merge(value, 1, Integer::sum) == 1;
          if (!isLetGo && !accepted.add(value)) throw new IllegalStateException(value + " came twice");
          member.acknowledge(record, isLetGo ? AcknowledgeType.RELEASE : AcknowledgeType.ACCEPT);
        }
        member.commitSync();
      }
    });
    for (KafkaShareConsumer<String, String> member : members) member.close();
    System.out.println("accepted " + accepted.first() + " to " + accepted.last());
    System.out.println("came again " + deliveries.values().stream().filter(count -> count == 2).count());
  }

  static void transaction() throws Exception {
    write(0);
    Map<String, String> transactional = Map.of("transactional.id", name);
    TopicPartition out = new TopicPartition(name + "-out", 0);
    int copied = 0;
    int round = 0;
    try (KafkaConsumer<String, String> consumer = consumer(Map.of("max.poll.records", "7"));
        KafkaProducer<String, String> producer = producer(transactional)) {
      producer.initTransactions();
      consumer.subscribe(List.of(name));
      long giveUpAt = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      while (copied < 100) {
        if (System.nanoTime() > giveUpAt) throw new IllegalStateException("copied " + copied + " in 60 s");
        var records = consumer.poll(Duration.ofMillis(100));
        if (records.isEmpty()) continue;
        producer.beginTransaction();
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        for (ConsumerRecord<String, String> record : records) {
          producer.send(new ProducerRecord<>(out.topic(), record.key(), record.value()));
          TopicPartition from = new TopicPartition(record.topic(), record.partition());
          offsets.put(from, new OffsetAndMetadata(record.offset() + 1));
        }
        ConsumerGroupMetadata metadata = consumer.groupMetadata();
        producer.sendOffsetsToTransaction(offsets, metadata);
        // Every third is aborted and done again.
        if (++round % 3 == 0) {
          producer.abortTransaction();
          for (TopicPartition from : records.partitions()) {
            consumer.seek(from, records.records(from).get(0).offset());
          }
        } else {
          producer.commitTransaction();
          copied += records.count();
        }
      }
      // Another producer of that name fences this one.
      try (KafkaProducer<String, String> successor = producer(transactional)) {
        successor.initTransactions();
        producer.beginTransaction();
        try {
          producer.send(new ProducerRecord<>(out.topic(), "zombie", "zombie")).get(30, TimeUnit.SECONDS);
          producer.commitTransaction();
          System.out.println("not fenced");
        } catch (Exception fenced) {
          System.out.println("fenced");
        }
      }
    }
    TreeSet<Integer> values = new TreeSet<>();
    int count = 0;
    try (KafkaConsumer<String, String> consumer = consumer(Map.of("isolation.level", "read_committed"))) {
      consumer.assign(List.of(out));
      consumer.seekToBeginning(List.of(out));
      long giveUpAt = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
      while (values.size() < 100 && System.nanoTime() < giveUpAt) {
        for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100))) {
          values.add(Integer.parseInt(record.value()));
          count += 1;
        }
      }
    }
    System.out.println("read committed " + count + " of " + values.size());
  }
}
