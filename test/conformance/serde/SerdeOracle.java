import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;

/**
 * Java's own serializers and deserializers, for comparison. Takes lines `NAME VALUE BYTES`: a value as text (see `codecs`)
 * and the bytes that somebody else wrote of it. Prints `BYTES VALUE`: what Java writes of the value, and what it reads in
 * the bytes. Bytes are base64 with a `=` before them; `null` is null.
 */
public final class SerdeOracle {
    /** A serde, and how its values are told as text. */
    private record Codec<T>(Serde<T> serde, Function<String, T> parse, Function<T, String> print) {
        String answer(String value, String bytes) {
            byte[] written = serde.serializer().serialize("topic", value.equals("null") ? null : parse.apply(value));
            T read = serde.deserializer().deserialize("topic", bytes.equals("null") ? null : decode(bytes));
            return encode(written) + " " + (read == null ? "null" : print.apply(read));
        }
    }

    private static final Map<String, Codec<?>> CODECS = Map.of(
        // As the base64 of its UTF-16, because the value may be half a surrogate pair.
        "string", new Codec<>(Serdes.String(), text -> utf16(decode(text)), text -> encode(utf16(text))),
        "bytes", new Codec<>(Serdes.ByteArray(), SerdeOracle::decode, SerdeOracle::encode),
        "int32", new Codec<>(Serdes.Integer(), Integer::valueOf, String::valueOf),
        "int64", new Codec<>(Serdes.Long(), Long::valueOf, String::valueOf),
        // As its bits, in hexadecimal.
        "double", new Codec<>(
            Serdes.Double(),
            bits -> Double.longBitsToDouble(Long.parseUnsignedLong(bits, 16)),
            value -> Long.toHexString(Double.doubleToRawLongBits(value))),
        "uuid", new Codec<>(Serdes.UUID(), UUID::fromString, UUID::toString),
        "nothing", new Codec<>(Serdes.Void(), text -> null, String::valueOf));

    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] parts = line.split(" ");
            out.println(CODECS.get(parts[0]).answer(parts[1], parts[2]));
        }
        out.flush();
    }

    private static String encode(byte[] bytes) {
        return bytes == null ? "null" : "=" + Base64.getEncoder().encodeToString(bytes);
    }

    private static byte[] decode(String text) {
        return Base64.getDecoder().decode(text.substring(1));
    }

    private static String utf16(byte[] bytes) {
        char[] chars = new char[bytes.length / 2];
        for (int i = 0; i < chars.length; i++) {
            chars[i] = (char) ((bytes[2 * i] & 0xff) | (bytes[2 * i + 1] & 0xff) << 8);
        }
        return new String(chars);
    }

    private static byte[] utf16(String text) {
        byte[] bytes = new byte[text.length() * 2];
        for (int i = 0; i < text.length(); i++) {
            bytes[2 * i] = (byte) text.charAt(i);
            bytes[2 * i + 1] = (byte) (text.charAt(i) >> 8);
        }
        return bytes;
    }
}
