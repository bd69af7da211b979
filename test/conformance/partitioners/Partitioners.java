import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.RoundRobinPartitioner;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.utils.LogContext;
import org.apache.kafka.common.utils.Utils;

/**
 * Answers each line of standard input with one of its own.
 *
 * <ul>
 *   <li>{@code key PARTITIONS HEX}: the key's murmur2 hash and its partition
 *   <li>{@code robin TOPIC LEADER,LEADER...}: the partition that the round robin gives the topic's next record, when its partitions have
 *       these leaders; -1 for none
 *   <li>{@code load TURNS QUEUE,QUEUE...}: how many turns out of that many each partition gets while so many batches wait for it
 * </ul>
 */
final class Partitioners {
  public static void main(String[] args) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    StringBuilder out = new StringBuilder();
    RoundRobinPartitioner robin = new RoundRobinPartitioner();
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] words = line.split(" ", -1);
      if (words[0].equals("key")) {
        byte[] key = HexFormat.of().parseHex(words[2]);
        int partition = BuiltInPartitioner.partitionForKey(key, Integer.parseInt(words[1]));
        out.append(Utils.murmur2(key)).append(' ').append(partition).append('\n');
      } else if (words[0].equals("load")) {
        out.append(turns(Integer.parseInt(words[1]), words[2].split(","))).append('\n');
      } else {
        out.append(robin.partition(words[1], null, null, null, null, cluster(words[1], words[2]))).append('\n');
      }
    }
    new PrintStream(System.out, false, StandardCharsets.US_ASCII).append(out).flush();
  }

  private static String turns(int count, String[] queues) throws Exception {
    int[] sizes = Stream.of(queues).mapToInt(Integer::parseInt).toArray();
    int[] partitions = IntStream.range(0, sizes.length).toArray();
    BuiltInPartitioner partitioner = new BuiltInPartitioner(new LogContext(), "t", 1);
    partitioner.updatePartitionLoadStats(sizes, partitions, sizes.length);
    Method next = BuiltInPartitioner.class.getDeclaredMethod("nextPartition", Cluster.class);
    next.setAccessible(true);
    Cluster cluster = cluster("t", String.join(",", Collections.nCopies(queues.length, "1")));
    int[] turns = new int[queues.length];
    for (int i = 0; i < count; i++) turns[(int) next.invoke(partitioner, cluster)]++;
    return IntStream.of(turns).mapToObj(Integer::toString).collect(Collectors.joining(","));
  }

  private static Cluster cluster(String topic, String leaders) {
    Map<Integer, Node> nodes = new HashMap<>();
    List<PartitionInfo> partitions = new ArrayList<>();
    for (String leader : leaders.split(",")) {
      int id = Integer.parseInt(leader);
      Node node = id < 0 ? null : nodes.computeIfAbsent(id, each -> new Node(each, "localhost", 9092));
      partitions.add(new PartitionInfo(topic, partitions.size(), node, new Node[0], new Node[0]));
    }
    return new Cluster("cluster", nodes.values(), partitions, Set.of(), Set.of());
  }
}
