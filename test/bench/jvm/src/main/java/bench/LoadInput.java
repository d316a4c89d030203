package bench;

import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Makes the input topic and fills it: JSON values of about 100 bytes, the same in each run (the random numbers have a fixed seed).
 * Timestamps advance by one millisecond a record. Arguments: brokers, topic, partitions, records, keys.
 */
public final class LoadInput {
  private static final long FIRST_TIMESTAMP = 1_700_000_000_000L;
  private static final String[] ACTIONS = {"view", "click", "search", "purchase"};

  public static void main(String[] arguments) throws Exception {
    String brokers = arguments[0];
    String topic = arguments[1];
    int partitions = Integer.parseInt(arguments[2]);
    int records = Integer.parseInt(arguments[3]);
    int keys = Integer.parseInt(arguments[4]);

    try (Admin admin = Admin.create(Map.of("bootstrap.servers", brokers))) {
      // Old timestamps: without this the broker's retention would delete the input while it is read.
      NewTopic input = new NewTopic(topic, Optional.of(partitions), Optional.empty()).configs(Map.of("retention.ms", "-1"));
      admin.createTopics(List.of(input)).all().get();
    }

    Properties settings = new Properties();
    settings.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, brokers);
    settings.put(ProducerConfig.LINGER_MS_CONFIG, "20");
    settings.put(ProducerConfig.BATCH_SIZE_CONFIG, String.valueOf(256 * 1024));
    Random random = new Random(42);
    long bytes = 0;
    try (KafkaProducer<String, String> producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
      for (int index = 0; index < records; index++) {
        String value = event(random, index);
        bytes += value.length();
        producer.send(new ProducerRecord<>(topic, null, FIRST_TIMESTAMP + index, "user-" + random.nextInt(keys), value));
      }
    }
    System.out.printf("{\"records\":%d,\"bytesPerValue\":%d}%n", records, bytes / records);
  }

  private static String event(Random random, int index) {
    return "{\"id\":" + index
        + ",\"action\":\"" + ACTIONS[random.nextInt(ACTIONS.length)]
        + "\",\"page\":\"/catalogue/" + random.nextInt(5_000)
        + "\",\"durationMs\":" + random.nextInt(60_000)
        + ",\"mobile\":" + random.nextBoolean()
        + ",\"country\":\"" + (char) ('A' + random.nextInt(26)) + (char) ('A' + random.nextInt(26)) + "\"}";
  }

  private LoadInput() {}
}
