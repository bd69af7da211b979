import java.nio.ByteBuffer;
import java.util.*;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.*;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.common.*;

/**
 * Prints what Kafka's own RangeAssignor does with drawn groups, one JSON object a line; range.test.ts compares.
 * From the project's root, with the jars of kafka-clients in LIBS:
 *   java -cp "$LIBS/*" test/consumer/group/assignors/RangeOracle.java 200 > test/consumer/group/assignors/range.jsonl
 */
public class RangeOracle {
  public static void main(String[] args) {
    Random random = new Random(7);
    for (int i = 0; i < Integer.parseInt(args[0]); i++) System.out.println(draw(random));
  }

  static String draw(Random random) {
    int topics = 1 + random.nextInt(4);
    Map<String, Integer> counts = new TreeMap<>();
    for (int t = 0; t < topics; t++) if (random.nextInt(10) > 0) counts.put("topic-" + t, random.nextInt(14));
    List<PartitionInfo> infos = new ArrayList<>();
    Node node = new Node(0, "localhost", 9092);
    counts.forEach((topic, count) -> {
      for (int p = 0; p < count; p++) infos.add(new PartitionInfo(topic, p, node, new Node[] {node}, new Node[] {node}));
    });
    Cluster cluster = new Cluster("c", List.of(node), infos, Set.of(), Set.of());

    Map<String, Subscription> members = new HashMap<>();
    StringBuilder json = new StringBuilder("{\"partitionCounts\":{");
    counts.forEach((topic, count) -> json.append('"').append(topic).append("\":").append(count).append(','));
    trim(json).append("},\"members\":[");
    for (int m = 0, n = 1 + random.nextInt(6); m < n; m++) {
      String id = Long.toHexString(random.nextLong());
      List<String> wanted = new ArrayList<>();
      for (int t = 0; t < topics; t++) if (random.nextInt(4) > 0) wanted.add("topic-" + t);
      Subscription subscription = new Subscription(wanted);
      String instance = random.nextInt(3) == 0 ? "instance-" + random.nextInt(1000) + "-" + m : null;
      subscription.setGroupInstanceId(Optional.ofNullable(instance));
      members.put(id, subscription);
      json.append("{\"memberId\":\"").append(id).append("\",\"groupInstanceId\":")
          .append(instance == null ? "null" : '"' + instance + '"').append(",\"topics\":[");
      for (String topic : wanted) json.append('"').append(topic).append("\",");
      trim(json).append("]},");
    }
    trim(json).append("],\"assignment\":{");
    new TreeMap<>(new RangeAssignor().assign(cluster, new GroupSubscription(members)).groupAssignment())
        .forEach((id, assignment) -> {
          json.append('"').append(id).append("\":[");
          for (TopicPartition tp : assignment.partitions()) json.append('"').append(tp).append("\",");
          trim(json).append("],");
        });
    return trim(json).append("}}").toString();
  }

  static StringBuilder trim(StringBuilder json) {
    if (json.charAt(json.length() - 1) == ',') json.setLength(json.length() - 1);
    return json;
  }
}
