import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32C;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.*;
import org.apache.kafka.common.record.Record;
import org.apache.kafka.common.utils.BufferSupplier;

/**
 * Prints batches.json: record batches as Java's own classes make them, with what those classes read back from them. Made with
 * kafka-clients 4.1.1, lz4-java 1.8.0, snappy-java 1.1.10.7, zstd-jni 1.5.6-10 and any slf4j-api on the class path:
 *
 *   java -cp "$CLASS_PATH" Golden.java > batches.json
 */
public class Golden {
  static final long NOW = 1_700_000_000_000L;
  static final byte[] LARGE = "kafka record batch ".repeat(5000).getBytes(StandardCharsets.UTF_8);
  static final SimpleRecord[] RECORDS = {
    record(NOW, "key", "value"),
    record(NOW + 1, null, "no key"),
    record(NOW - 70_000, "no value", null),
    record(NOW + 2, "", ""),
    record(NOW + 3, "headers", "v", header("a", "1"), header("b", null), header("", ""), header("ключ", "значение"), header("a", "2")),
    record(NOW + 3_000_000_000L, "later than 32 bits of milliseconds", "v"),
  };
  static final SimpleRecord LARGER_THAN_A_BLOCK = new SimpleRecord(NOW, LARGE);

  static final List<String> cases = new ArrayList<>();

  public static void main(String[] args) throws Exception {
    Compression[] compressions = {
      Compression.NONE, Compression.gzip().build(), Compression.snappy().build(), Compression.lz4().build(), Compression.zstd().build()
    };
    for (Compression compression : compressions) {
      String name = compression.type().name;
      add(name, MemoryRecords.withRecords(1234, compression, RECORDS));
      if (compression != Compression.NONE) {
        add(name + ", several blocks", MemoryRecords.withRecords(1234, compression, RECORDS[0], LARGER_THAN_A_BLOCK));
      }
      add(name + ", transactional", MemoryRecords.withTransactionalRecords(
          RecordBatch.CURRENT_MAGIC_VALUE, 50, compression, 4711, (short) 3, 99, 7, RECORDS[0], RECORDS[1]));
      add(name + ", log append time", logAppendTime(compression));
      add(name + ", compacted", compacted(compression));
    }
    add("snappy without framing", rawSnappy());
    add("idempotent", MemoryRecords.withIdempotentRecords(
        RecordBatch.CURRENT_MAGIC_VALUE, 0, Compression.NONE, 1L << 40, Short.MAX_VALUE, Integer.MAX_VALUE, 2, RECORDS[0]));
    add("commit marker", MemoryRecords.withEndTransactionMarker(77, NOW, 5, 4711, (short) 3,
        new EndTransactionMarker(ControlRecordType.COMMIT, 9)));
    add("abort marker", MemoryRecords.withEndTransactionMarker(78, NOW, 5, 4711, (short) 3,
        new EndTransactionMarker(ControlRecordType.ABORT, 9)));
    add("emptied by compaction", empty());
    add("delete horizon", deleteHorizon());
    add("offsets beyond 32 bits", MemoryRecords.withRecords(1L << 50, Compression.NONE, RECORDS[0], RECORDS[1]));
    add("no timestamp", MemoryRecords.withRecords(0, Compression.NONE, record(-1, "key", "value")));
    for (byte magic : new byte[] {0, 1}) {
      add("magic " + magic, MemoryRecords.withRecords(magic, 5, Compression.NONE, TimestampType.CREATE_TIME, RECORDS[0]));
    }
    System.out.println("[\n" + String.join(",\n", cases) + "\n]");
  }

  static MemoryRecords logAppendTime(Compression compression) {
    ByteBuffer buffer = ByteBuffer.allocate(4096);
    try (MemoryRecordsBuilder builder = MemoryRecords.builder(
        buffer, RecordBatch.CURRENT_MAGIC_VALUE, compression, TimestampType.LOG_APPEND_TIME, 10, NOW + 12345)) {
      builder.append(RECORDS[0]);
      builder.append(RECORDS[2]);
      return builder.build();
    }
  }

  /** Only the second and fourth of five records are left; the batch keeps its offsets. */
  static MemoryRecords compacted(Compression compression) {
    MemoryRecords all = MemoryRecords.withRecords(100, compression, RECORDS[0], RECORDS[1], RECORDS[2], RECORDS[3], RECORDS[4]);
    return filtered(all, RecordBatch.NO_TIMESTAMP);
  }

  static MemoryRecords deleteHorizon() {
    MemoryRecords all = MemoryRecords.withRecords(200, Compression.NONE, RECORDS[0], RECORDS[1], RECORDS[2], RECORDS[3]);
    return filtered(all, NOW + 86_400_000);
  }

  static MemoryRecords filtered(MemoryRecords all, long deleteHorizon) {
    ByteBuffer kept = ByteBuffer.allocate(4096);
    all.filterTo(new MemoryRecords.RecordFilter(NOW, 1000) {
      @Override
      protected BatchRetentionResult checkBatchRetention(RecordBatch batch) {
        return new BatchRetentionResult(BatchRetention.RETAIN_EMPTY, deleteHorizon != RecordBatch.NO_TIMESTAMP);
      }

      @Override
      protected boolean shouldRetainRecord(RecordBatch batch, Record record) {
        return (record.offset() & 1) == 1;
      }
    }, kept, BufferSupplier.NO_CACHING);
    kept.flip();
    return MemoryRecords.readableRecords(kept);
  }

  static MemoryRecords empty() {
    ByteBuffer buffer = ByteBuffer.allocate(DefaultRecordBatch.RECORD_BATCH_OVERHEAD);
    DefaultRecordBatch.writeEmptyHeader(buffer, RecordBatch.MAGIC_VALUE_V2, 4711, (short) 3, 17, 300, 320, 4,
        TimestampType.CREATE_TIME, NOW, true, false);
    buffer.flip();
    return MemoryRecords.readableRecords(buffer);
  }

  /** Some clients write snappy without xerial's framing; Java's reads it, and so it is put together here by hand. */
  static MemoryRecords rawSnappy() throws Exception {
    ByteBuffer plain = MemoryRecords.withRecords(1234, Compression.NONE, RECORDS[0], LARGER_THAN_A_BLOCK).buffer();
    byte[] header = new byte[61];
    byte[] records = new byte[plain.remaining() - header.length];
    plain.get(header).get(records);
    byte[] compressed = org.xerial.snappy.Snappy.compress(records);
    ByteBuffer batch = ByteBuffer.allocate(header.length + compressed.length).put(header).put(compressed);
    batch.putInt(8, batch.capacity() - 12).putShort(21, (short) 2);
    CRC32C checksum = new CRC32C();
    checksum.update(batch.array(), 21, batch.capacity() - 21);
    batch.putInt(17, (int) checksum.getValue());
    return MemoryRecords.readableRecords(batch.flip());
  }

  static void add(String name, MemoryRecords made) {
    byte[] bytes = new byte[made.sizeInBytes()];
    made.buffer().duplicate().get(bytes);
    List<String> batches = new ArrayList<>();
    for (MutableRecordBatch batch : MemoryRecords.readableRecords(ByteBuffer.wrap(bytes)).batches()) {
      List<String> records = new ArrayList<>();
      for (Record record : batch) records.add("        " + json(record));
      batches.add("    {\"baseOffset\": " + batch.baseOffset() + ", \"lastOffset\": " + batch.lastOffset()
          + ", \"magic\": " + batch.magic()
          + ", \"leaderEpoch\": " + batch.partitionLeaderEpoch()
          + ", \"compression\": \"" + batch.compressionType().name + "\""
          + ", \"isTransactional\": " + batch.isTransactional() + ", \"isControl\": " + batch.isControlBatch()
          + ", \"producerId\": " + batch.producerId() + ", \"producerEpoch\": " + batch.producerEpoch()
          + ", \"baseSequence\": " + batch.baseSequence() + ", \"maxTimestamp\": " + batch.maxTimestamp()
          + ", \"records\": [\n" + String.join(",\n", records) + "]}");
    }
    cases.add("  {\"name\": \"" + name + "\",\n   \"bytes\": \"" + HexFormat.of().formatHex(bytes) + "\",\n   \"batches\": [\n"
        + String.join(",\n", batches) + "]}");
  }

  static String json(Record record) {
    List<String> headers = new ArrayList<>();
    for (Header header : record.headers()) {
      headers.add("[" + hex(ByteBuffer.wrap(header.key().getBytes(StandardCharsets.UTF_8))) + ", "
          + hex(header.value() == null ? null : ByteBuffer.wrap(header.value())) + "]");
    }
    return "{\"offset\": " + record.offset() + ", \"timestamp\": " + record.timestamp() + ", \"key\": " + hex(record.key())
        + ", \"value\": " + hex(record.value()) + ", \"headers\": [" + String.join(", ", headers) + "]}";
  }

  /** The large value would make the file large: it is known by its length. */
  static String hex(ByteBuffer buffer) {
    if (buffer == null) return "null";
    if (buffer.remaining() == LARGE.length) return String.valueOf(LARGE.length);
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return "\"" + HexFormat.of().formatHex(bytes) + "\"";
  }

  static SimpleRecord record(long timestamp, String key, String value, Header... headers) {
    return new SimpleRecord(timestamp, utf8(key), utf8(value), headers);
  }

  static Header header(String name, String value) {
    return new RecordHeader(name, utf8(value));
  }

  static byte[] utf8(String text) {
    return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
  }
}
