import com.fasterxml.jackson.databind.JsonNode;
import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarFile;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.Readable;
import org.apache.kafka.common.protocol.types.Schema;

/** One of the generated message classes of the kafka-clients jar, with its JSON converter. */
final class MessageType {
    private static final String PACKAGE = "org/apache/kafka/common/message/";
    private static final String CONVERTER = "JsonConverter.class";

    /** The schema's name, as FetchResponse. */
    final String name;
    /** By version; null below the lowest one. */
    final Schema[] schemas;
    final short lowest;
    final short highest;
    private final Class<?> dataClass;
    private final Method converter;

    private MessageType(String className) throws Exception {
        String qualified = (PACKAGE + className).replace('/', '.');
        dataClass = Class.forName(qualified);
        converter = Class.forName(qualified + "JsonConverter").getMethod("write", dataClass, short.class, boolean.class);
        schemas = (Schema[]) dataClass.getField("SCHEMAS").get(null);
        lowest = dataClass.getField("LOWEST_SUPPORTED_VERSION").getShort(null);
        highest = dataClass.getField("HIGHEST_SUPPORTED_VERSION").getShort(null);
        // Requests, responses and headers have Data behind the schema's name; other messages do not.
        name = className.replaceFirst("(?<=Request|Response|Header)Data$", "");
    }

    /** All message classes of the jar, in the order of their names. */
    static List<MessageType> all() throws Exception {
        URI jar = Message.class.getProtectionDomain().getCodeSource().getLocation().toURI();
        List<String> classNames = new ArrayList<>();
        try (JarFile file = new JarFile(new File(jar))) {
            file.stream()
                .map(entry -> entry.getName())
                .filter(entry -> entry.startsWith(PACKAGE) && entry.endsWith(CONVERTER) && !entry.contains("$"))
                .forEach(entry -> classNames.add(
                    entry.substring(PACKAGE.length(), entry.length() - CONVERTER.length())));
        }
        classNames.sort(null);
        List<MessageType> types = new ArrayList<>();
        for (String className : classNames) types.add(new MessageType(className));
        return types;
    }

    /** -1 for headers and embedded messages. */
    short apiKey(Message message) {
        return message instanceof ApiMessage api ? api.apiKey() : -1;
    }

    Message read(ByteBuffer bytes, short version) throws Exception {
        try {
            return (Message) dataClass.getConstructor(Readable.class, short.class)
                .newInstance(new ByteBufferAccessor(bytes), version);
        } catch (InvocationTargetException failed) {
            throw (RuntimeException) failed.getCause();
        }
    }

    JsonNode toJson(Message message, short version) throws Exception {
        return (JsonNode) converter.invoke(null, message, version, true);
    }
}
