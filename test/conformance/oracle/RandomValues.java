import java.nio.ByteBuffer;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.Struct;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.Type;
import org.apache.kafka.common.record.internal.MemoryRecords;

/** Random values of Kafka's protocol types, with the borders of each type more often than chance would have them. */
final class RandomValues {
    private static final String[] ALPHABETS = {
        "abcdefghijklmnopqrstuvwxyz0123456789-._",
        "\u00e4\u00f6\u00df\u0416\u4e2d\u6587\u65e5\u672c \u20ac\u0000\"\\\n\u007f\uffff",
        "\ud83d\ude00\ud83c\udfb6\ud834\udd1e",
    };

    private final Random random;

    RandomValues(Random random) {
        this.random = random;
    }

    Object of(Type type) {
        if (type instanceof TaggedFields tagged) return taggedFields(tagged);
        if (type.isNullable() && oneIn(4)) return null;
        if (type instanceof Schema schema) return struct(schema);
        if (type.arrayElementType().isPresent()) return array(type.arrayElementType().get());
        String name = type.toString();
        if (name.endsWith("STRING")) return string();
        if (name.endsWith("BYTES")) return ByteBuffer.wrap(bytes());
        if (name.endsWith("RECORDS")) return MemoryRecords.readableRecords(ByteBuffer.wrap(bytes()));
        return switch (name) {
            case "BOOLEAN" -> random.nextBoolean();
            case "INT8" -> (byte) integer(Byte.MIN_VALUE, Byte.MAX_VALUE);
            case "INT16" -> (short) integer(Short.MIN_VALUE, Short.MAX_VALUE);
            case "UINT16" -> (int) integer(0, 0xffff);
            case "INT32" -> (int) integer(Integer.MIN_VALUE, Integer.MAX_VALUE);
            case "UINT32" -> integer(0, 0xffffffffL);
            case "INT64" -> integer(Long.MIN_VALUE, Long.MAX_VALUE);
            case "FLOAT64" -> float64();
            case "UUID" -> oneIn(4) ? Uuid.ZERO_UUID : new Uuid(random.nextLong(), random.nextLong());
            default -> throw new IllegalArgumentException("no values known of the type " + name);
        };
    }

    private Struct struct(Schema schema) {
        Struct struct = new Struct(schema);
        for (BoundField field : schema.fields()) struct.set(field, of(field.def.type));
        return struct;
    }

    private TreeMap<Integer, Object> taggedFields(TaggedFields type) {
        TreeMap<Integer, Object> values = new TreeMap<>();
        type.fields().forEach((tag, field) -> {
            if (random.nextBoolean()) values.put(tag, of(field.type));
        });
        return values;
    }

    /** None, one or many, each in a third of the cases. */
    private Object[] array(Type element) {
        Object[] values = new Object[random.nextInt(3) * (1 + random.nextInt(2))];
        if (values.length == 2 && oneIn(8) && !(element instanceof Schema)) values = new Object[150];
        for (int i = 0; i < values.length; i++) values[i] = of(element);
        return values;
    }

    private long integer(long lowest, long highest) {
        return switch (random.nextInt(8)) {
            case 0 -> lowest;
            case 1 -> highest;
            case 2 -> Math.max(lowest, -1);
            case 3 -> 0;
            case 4 -> 1 + random.nextInt(100);
            case 5 -> highest - 1 - random.nextInt(100);
            default -> {
                long span = highest - lowest + 1;
                yield span == 0 ? random.nextLong() : lowest + Long.remainderUnsigned(random.nextLong(), span);
            }
        };
    }

    private double float64() {
        return switch (random.nextInt(6)) {
            case 0 -> 0.0;
            case 1 -> -0.0;
            case 2 -> Double.MAX_VALUE;
            case 3 -> Double.MIN_VALUE;
            case 4 -> random.nextInt(1000);
            default -> random.nextGaussian() * Math.pow(10, random.nextInt(40) - 20);
        };
    }

    private String string() {
        if (oneIn(6)) return "";
        String alphabet = ALPHABETS[random.nextInt(ALPHABETS.length)];
        int[] characters = alphabet.codePoints().toArray();
        // Above 126 bytes the compact length takes two bytes, and above 32767 the old one does not reach.
        int length = oneIn(10) ? 100 + random.nextInt(400) : 1 + random.nextInt(12);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) text.appendCodePoint(characters[random.nextInt(characters.length)]);
        return text.toString();
    }

    private byte[] bytes() {
        byte[] bytes = new byte[oneIn(5) ? 0 : oneIn(8) ? 900 + random.nextInt(1500) : random.nextInt(40)];
        random.nextBytes(bytes);
        return bytes;
    }

    private boolean oneIn(int n) {
        return random.nextInt(n) == 0;
    }
}
