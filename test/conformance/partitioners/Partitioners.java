import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.producer.RoundRobinPartitioner;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.utils.Utils;

/**
 * Answers each line of standard input with one of its own.
 *
 * <ul>
 *   <li>{@code key PARTITIONS HEX}: the key's murmur2 hash and its partition
 *   <li>{@code robin TOPIC LEADER,LEADER...}: the partition that the round robin gives the topic's next record, when its partitions have
 *       these leaders; -1 for none
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
      } else {
        out.append(robin.partition(words[1], null, null, null, null, cluster(words[1], words[2]))).append('\n');
      }
    }
    new PrintStream(System.out, false, StandardCharsets.US_ASCII).append(out).flush();
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
