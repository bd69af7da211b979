import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.protocol.types.Schema;

/**
 * Prints random messages as Kafka's own code writes them, in every version of every message of the jar: one JSON
 * object a line with the bytes in hex and the message as Kafka's JSON converter shows it.
 *
 * Arguments: --seed S (a long), --per-version N, and optionally the names of the messages that are wanted. The same
 * arguments print the same lines.
 */
public class VectorOracle {
    private static final int MOST_TRIES = 100;

    public static void main(String[] args) throws Exception {
        long seed = 0;
        int perVersion = 1;
        Set<String> wanted = new TreeSet<>();
        for (int i = 0; i < args.length; i++) {
            if (args[i].equals("--seed")) seed = Long.parseLong(args[++i]);
            else if (args[i].equals("--per-version")) perVersion = Integer.parseInt(args[++i]);
            else wanted.add(args[i]);
        }
        try (PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8)) {
            for (MessageType type : MessageType.all()) {
                if (!wanted.isEmpty() && !wanted.contains(type.name)) continue;
                for (short version = type.lowest; version <= type.highest; version++) {
                    for (int i = 0; i < perVersion; i++) out.println(vector(type, version, seed, i));
                }
            }
        }
    }

    /** A vector depends on its own place only, so that leaving messages out does not change the others. */
    private static String vector(MessageType type, short version, long seed, int index) throws Exception {
        Random random = new Random(seed * 1_000_003 + type.name.hashCode() * 31L + version * 7919L + index);
        Message message = randomMessage(type, version, random);
        ByteBuffer bytes = MessageUtil.toByteBufferAccessor(message, version).buffer();
        byte[] written = new byte[bytes.remaining()];
        bytes.get(written);
        ObjectNode line = JsonNodeFactory.instance.objectNode();
        line.put("message", type.name);
        line.put("apiKey", type.apiKey(message));
        line.put("version", version);
        line.put("hex", HexFormat.of().formatHex(written));
        line.set("json", type.toJson(message, version));
        return line.toString();
    }

    /**
     * Random values of the version's layout are written as bytes, from which Kafka's message is read. The layout
     * does not say everything: records may be null in it where the message takes none, so that is tried again.
     */
    private static Message randomMessage(MessageType type, short version, Random random) throws Exception {
        Schema schema = type.schemas[version];
        for (int tries = 1; ; tries++) {
            Object struct = new RandomValues(random).of(schema);
            ByteBuffer buffer = ByteBuffer.allocate(schema.sizeOf(struct));
            schema.write(buffer, struct);
            buffer.flip();
            try {
                return type.read(buffer, version);
            } catch (RuntimeException refused) {
                if (tries == MOST_TRIES) throw refused;
            }
        }
    }
}
