import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.ByteBufferOutputStream;

/**
 * Kafka's own record batches, for comparison.
 *
 *   write SEED   writes batches of every magic, codec and kind, one case a line: its name, the bytes, and what Kafka
 *                reads in them
 *   read         takes bytes, one case a line, and prints what Kafka reads in each
 *
 * A line is JSON; bytes are base64, null stays null.
 */
public final class RecordOracle {
    private static final long EPOCH_MS = 1_700_000_000_000L;
    private static final PrintStream OUT = new PrintStream(System.out, false, StandardCharsets.UTF_8);

    public static void main(String[] args) throws Exception {
        if (args[0].equals("write")) {
            new RecordOracle(Long.parseLong(args[1])).writeAll();
        } else {
            BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                OUT.println("{\"batches\":" + describe(Base64.getDecoder().decode(line)) + "}");
            }
        }
        OUT.flush();
    }

    private final Random random;

    private RecordOracle(long seed) {
        random = new Random(seed);
    }

    // ---- writing

    private void writeAll() throws Exception {
        for (byte magic = 0; magic <= 2; magic++) {
            for (CompressionType type : CompressionType.values()) {
                if (type == CompressionType.ZSTD && magic < 2) continue;
                writeKinds(magic, type);
            }
        }
        writeLevels();
        writeSpecials();
    }

    private void writeKinds(byte magic, CompressionType type) throws Exception {
        Compression compression = Compression.of(type).build();
        String prefix = "magic " + magic + " " + type.name;
        for (TimestampType time : new TimestampType[] {TimestampType.CREATE_TIME, TimestampType.LOG_APPEND_TIME}) {
            if (magic == 0 && time == TimestampType.LOG_APPEND_TIME) continue;
            String name = prefix + " " + time.name;
            emit(name + " mixed", batch(magic, compression, time, 1000, builder -> mixed(builder, 50)));
            emit(name + " one record", batch(magic, compression, time, 7, builder -> mixed(builder, 1)));
            emit(name + " nothing in it", batch(magic, compression, time, 0,
                builder -> builder.append(EPOCH_MS, (byte[]) null, null)));
            emit(name + " empty key and value", batch(magic, compression, time, 1L << 40,
                builder -> builder.append(EPOCH_MS, new byte[0], new byte[0])));
            emit(name + " large values", batch(magic, compression, time, 99, this::large));

            byte[] several = concat(
                batch(magic, compression, time, 10, builder -> mixed(builder, 20)),
                batch(magic, compression, time, 500, builder -> mixed(builder, 3)),
                batch(magic, compression, time, 1_000_000_000_000L, builder -> mixed(builder, 100)));
            emit(name + " several", several);
            // A message of magic 0 or 1 is a batch of its own, so the cut is somewhere in the last one written.
            byte[] last = batch(magic, compression, time, 2_000_000_000_000L, builder -> mixed(builder, 1));
            emit(name + " cut off", concat(several, cut(last, 1 + random.nextInt(last.length - 1))));
        }
    }

    private void writeLevels() throws Exception {
        Compression[] levels = {
            Compression.gzip().level(1).build(), Compression.gzip().level(9).build(),
            Compression.lz4().level(1).build(), Compression.lz4().level(17).build(),
            Compression.zstd().level(-7).build(), Compression.zstd().level(1).build(), Compression.zstd().level(19).build()
        };
        for (Compression level : levels) {
            emit("levels " + level.type().name, batch((byte) 2, level, TimestampType.CREATE_TIME, 5, this::large));
        }
    }

    private void writeSpecials() throws Exception {
        for (CompressionType type : CompressionType.values()) {
            Compression compression = Compression.of(type).build();
            emit(type.name + " idempotent", producer(compression, 4_000_000_000L, (short) 32767, Integer.MAX_VALUE, false));
            emit(type.name + " transactional", producer(compression, 9, (short) 0, 0, true));
            emit(type.name + " compacted", compacted(compression, 0L));
            emit(type.name + " compacted with a delete horizon", compacted(compression, 86_400_000L));
        }
        for (ControlRecordType type : new ControlRecordType[] {ControlRecordType.ABORT, ControlRecordType.COMMIT}) {
            MemoryRecords marker = MemoryRecords.withEndTransactionMarker(
                77, EPOCH_MS, 12, 1000, (short) 3, new EndTransactionMarker(type, 42));
            emit("control " + type, bytes(marker.buffer()));
        }
        emit("far apart in time", batch((byte) 2, Compression.NONE, TimestampType.CREATE_TIME, 0, builder -> {
            for (long delta : new long[] {0, 63, 64, -64, -65, 8191, 8192, 1L << 20, 1L << 27, -(1L << 31), 1L << 35, 1L << 41, -EPOCH_MS}) {
                builder.append(EPOCH_MS + delta, null, new byte[1]);
            }
        }));
    }

    private byte[] batch(byte magic, Compression compression, TimestampType time, long baseOffset,
                         Consumer<MemoryRecordsBuilder> fill) {
        ByteBufferOutputStream out = new ByteBufferOutputStream(1024);
        MemoryRecordsBuilder builder = new MemoryRecordsBuilder(out, magic, compression, time, baseOffset, EPOCH_MS + 12345,
            RecordBatch.NO_PRODUCER_ID, RecordBatch.NO_PRODUCER_EPOCH, RecordBatch.NO_SEQUENCE, false, false,
            random.nextInt(100), 1 << 24);
        fill.accept(builder);
        return bytes(builder.build().buffer());
    }

    private byte[] producer(Compression compression, long id, short epoch, int sequence, boolean transactional) {
        MemoryRecordsBuilder builder = new MemoryRecordsBuilder(ByteBuffer.allocate(1 << 16), (byte) 2, compression,
            TimestampType.CREATE_TIME, 3, -1, id, epoch, sequence, transactional, false, 8, 1 << 16);
        mixed(builder, 30);
        return bytes(builder.build().buffer());
    }

    /** What the log cleaner leaves: some records gone, and perhaps the base timestamp turned into a delete horizon. */
    private byte[] compacted(Compression compression, long horizonAfterMs) {
        byte[] whole = concat(
            batch((byte) 2, compression, TimestampType.CREATE_TIME, 0, builder -> mixed(builder, 60)),
            producer(compression, 5, (short) 1, 10, false));
        MemoryRecords.RecordFilter filter = new MemoryRecords.RecordFilter(EPOCH_MS, horizonAfterMs) {
            @Override
            protected BatchRetentionResult checkBatchRetention(RecordBatch batch) {
                return new BatchRetentionResult(BatchRetention.RETAIN_EMPTY, horizonAfterMs > 0);
            }

            @Override
            protected boolean shouldRetainRecord(RecordBatch batch, Record record) {
                return !batch.hasProducerId() && record.offset() % 3 == 1;
            }
        };
        ByteBuffer kept = ByteBuffer.allocate(1 << 20);
        MemoryRecords.readableRecords(ByteBuffer.wrap(whole)).filterTo(filter, kept, BufferSupplier.NO_CACHING);
        kept.flip();
        return bytes(kept);
    }

    private void mixed(MemoryRecordsBuilder builder, int count) {
        for (int index = 0; index < count; index++) {
            long timestamp = EPOCH_MS + random.nextInt(100_000) - 1000;
            byte[] key = random.nextInt(3) == 0 ? null : noise(random.nextInt(40));
            byte[] value = random.nextInt(4) == 0 ? null : text(random.nextInt(300));
            if (builder.magic() < 2) builder.append(timestamp, key, value);
            else builder.append(timestamp, key, value, headers());
        }
    }

    private void large(MemoryRecordsBuilder builder) {
        builder.append(EPOCH_MS, null, text(100_000));
        builder.append(EPOCH_MS + 1, noise(30_000), new byte[60_000]);
        builder.append(EPOCH_MS + 2, noise(100), noise(40_000));
    }

    private Header[] headers() {
        Header[] headers = new Header[random.nextInt(3) == 0 ? random.nextInt(100) : random.nextInt(3)];
        for (int index = 0; index < headers.length; index++) {
            String[] names = {"", "a", "trace", "h\u00e9ader", "\u30ab\u30d5\u30ab", "\ud83d\ude80", "x".repeat(100)};
            headers[index] = new RecordHeader(names[random.nextInt(names.length)],
                random.nextInt(4) == 0 ? null : noise(random.nextInt(80)));
        }
        return headers;
    }

    private byte[] noise(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private byte[] text(int length) {
        byte[] bytes = new byte[length];
        for (int index = 0; index < length; index++) bytes[index] = (byte) ('a' + random.nextInt(4));
        return bytes;
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    private static byte[] concat(byte[]... parts) {
        int length = 0;
        for (byte[] part : parts) length += part.length;
        ByteBuffer joined = ByteBuffer.allocate(length);
        for (byte[] part : parts) joined.put(part);
        return joined.array();
    }

    private static byte[] cut(byte[] bytes, int length) {
        return java.util.Arrays.copyOf(bytes, length);
    }

    private static void emit(String name, byte[] records) {
        OUT.println("{\"name\":\"" + name + "\",\"records\":" + base64(records) + ",\"batches\":" + describe(records) + "}");
    }

    // ---- reading

    private static String describe(byte[] bytes) {
        List<String> batches = new ArrayList<>();
        for (MutableRecordBatch batch : MemoryRecords.readableRecords(ByteBuffer.wrap(bytes)).batches()) {
            batch.ensureValid();
            List<String> records = new ArrayList<>();
            for (Record record : batch) {
                record.ensureValid();
                records.add(describe(record));
            }
            Integer count = batch.countOrNull();
            batches.add("{\"magic\":" + batch.magic()
                + ",\"compression\":\"" + batch.compressionType().name + "\""
                + ",\"timestampType\":\"" + batch.timestampType() + "\""
                + ",\"baseOffset\":\"" + batch.baseOffset() + "\""
                + ",\"lastOffset\":\"" + batch.lastOffset() + "\""
                + ",\"nextOffset\":\"" + batch.nextOffset() + "\""
                + ",\"maxTimestamp\":" + batch.maxTimestamp()
                + ",\"producerId\":\"" + batch.producerId() + "\""
                + ",\"producerEpoch\":" + batch.producerEpoch()
                + ",\"baseSequence\":" + batch.baseSequence()
                + ",\"isTransactional\":" + batch.isTransactional()
                + ",\"isControl\":" + batch.isControlBatch()
                + ",\"leaderEpoch\":" + batch.partitionLeaderEpoch()
                + ",\"sizeBytes\":" + batch.sizeInBytes()
                + ",\"count\":" + count
                + ",\"records\":[" + String.join(",", records) + "]}");
        }
        return "[" + String.join(",", batches) + "]";
    }

    private static String describe(Record record) {
        List<String> headers = new ArrayList<>();
        for (Header header : record.headers()) {
            headers.add("[" + base64(header.key().getBytes(StandardCharsets.UTF_8)) + "," + base64(header.value()) + "]");
        }
        return "{\"offset\":\"" + record.offset() + "\",\"timestamp\":" + record.timestamp()
            + ",\"key\":" + base64(record.hasKey() ? bytes(record.key()) : null)
            + ",\"value\":" + base64(record.hasValue() ? bytes(record.value()) : null)
            + ",\"headers\":[" + String.join(",", headers) + "]}";
    }

    private static String base64(byte[] bytes) {
        return bytes == null ? "null" : "\"" + Base64.getEncoder().encodeToString(bytes) + "\"";
    }
}
