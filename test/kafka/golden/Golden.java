// Writes the golden files of this folder with Kafka's own classes, from samples.json:
//
//   java -cp '.cache/kafka/4.3.1/*' test/kafka/golden/Golden.java test/kafka/golden

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.utils.Utils;

public class Golden {
  static final ObjectMapper json = new ObjectMapper();

  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[0]);
    write(folder.resolve("messages.json"), messages(json.readTree(folder.resolve("samples.json").toFile())));
    write(folder.resolve("record-batches.json"), recordBatches());
    write(folder.resolve("murmur2.json"), murmur2());
  }

  /** By name and version, such as `FetchRequest 4`: the body of the message. */
  static Map<String, String> messages(JsonNode samples) throws Exception {
    Map<String, String> all = new TreeMap<>();
    for (var names = samples.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      JsonNode sample = samples.get(name);
      String type = "org.apache.kafka.common.message." + name + "Data";
      for (short version = (short) sample.get("from").asInt(); version <= sample.get("to").asInt(); version++) {
        all.put(name + " " + version, HexFormat.of().formatHex(message(name, version, bodyOf(version, sample))));
      }
    }
    return all;
  }

  static final Pattern notInVersion = Pattern.compile("non-default (\\w+) at version");

  /** Kafka refuses to write a field that the version has not; it is left out then. */
  static byte[] message(String name, short version, JsonNode body) throws Exception {
    String type = "org.apache.kafka.common.message." + name + "DataJsonConverter";
    Message message = (Message) Class.forName(type).getMethod("read", JsonNode.class, short.class).invoke(null, body, version);
    try {
      ObjectSerializationCache cache = new ObjectSerializationCache();
      ByteBuffer buffer = ByteBuffer.allocate(message.size(cache, version));
      message.write(new ByteBufferAccessor(buffer), cache, version);
      return buffer.array();
    } catch (UnsupportedVersionException error) {
      Matcher field = notInVersion.matcher(error.getMessage());
      if (!field.find() || !remove(body, field.group(1))) throw error;
      return message(name, version, body);
    }
  }

  /** The outermost field of that name. */
  static boolean remove(JsonNode node, String field) {
    if (node.has(field)) return ((ObjectNode) node).remove(field) != null;
    boolean removed = false;
    for (JsonNode child : node) removed |= remove(child, field);
    return removed;
  }

  /** Kafka's readers of JSON refuse structs in versions that have them not; those are named in the sample. */
  static JsonNode bodyOf(short version, JsonNode sample) {
    JsonNode body = sample.get("body").deepCopy();
    sample.path("since").fields().forEachRemaining(field -> { if (version < field.getValue().asInt()) remove(body, field.getKey()); });
    sample.path("until").fields().forEachRemaining(field -> { if (version > field.getValue().asInt()) remove(body, field.getKey()); });
    return body;
  }

  static Map<String, String> recordBatches() {
    Map<String, String> all = new TreeMap<>();
    all.put("none", batch(Compression.NONE));
    all.put("gzip", batch(Compression.gzip().build()));
    all.put("snappy", batch(Compression.snappy().build()));
    all.put("lz4", batch(Compression.lz4().build()));
    all.put("zstd", batch(Compression.zstd().build()));
    return all;
  }

  /** 200 records, of which the first five are peculiar: see record-batch.test.ts. */
  static String batch(Compression compression) {
    ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);
    MemoryRecordsBuilder builder = MemoryRecords.builder(buffer, compression, 100L, 7L, (short) 3, 42, false);
    builder.append(1_700_000_000_000L, bytes("key"), bytes("value"));
    builder.append(1_699_999_999_000L, null, bytes("earlier, without a key"));
    builder.append(1_700_000_000_001L, bytes("tombstone"), (byte[]) null);
    builder.append(1_700_000_000_002L, bytes(""), bytes(""));
    builder.append(
        1_800_000_000_000L,
        bytes("headers"),
        bytes("x".repeat(300)),
        new Header[] {new RecordHeader("a", bytes("1")), new RecordHeader("ä", null)});
    for (int i = 5; i < 200; i++) builder.append(1_700_000_000_000L + i, bytes("key-" + i % 10), bytes("{\"count\":" + i + "}"));
    builder.close();
    ByteBuffer written = builder.build().buffer();
    byte[] result = new byte[written.remaining()];
    written.get(result);
    return HexFormat.of().formatHex(result);
  }

  static Map<String, Integer> murmur2() {
    Map<String, Integer> all = new TreeMap<>();
    for (String key : List.of("", "1", "21", "foobar", "a-little-bit-long-string", "a-little-bit-longer-string", "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", "äöü€", "abc"))
      all.put(key, Utils.murmur2(bytes(key)));
    return all;
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static void write(Path path, Object content) throws Exception {
    Files.writeString(path, json.writerWithDefaultPrettyPrinter().writeValueAsString(content) + "\n");
  }
}
