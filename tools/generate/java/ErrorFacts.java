import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.protocol.Errors;

/** Prints the facts of every error code, one JSON object a line. Run with `java -cp kafka-clients.jar ErrorFacts.java`. */
public class ErrorFacts {
    public static void main(String[] args) {
        for (Errors error : Errors.values()) {
            boolean retriable = error.exception() instanceof RetriableException;
            System.out.printf("{\"code\":%d,\"name\":\"%s\",\"retriable\":%b}%n", error.code(), error.name(), retriable);
        }
    }
}
