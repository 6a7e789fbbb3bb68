package tenon.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.WindowedSerdes;
import org.apache.kafka.streams.state.WindowStore;

/**
 * Flights and their average delay per hour and airport in Kafka Streams, as its documentation writes it: each change goes
 * to an output topic, and to the store's changelog. It prints a line when it begins to read, and one when it has
 * aggregated all events and closed, so that everything is flushed and committed. What is not an argument is a default.
 */
public final class FlightHours {
  private static final Duration WINDOW = Duration.ofHours(1);
  private static final Duration GRACE = Duration.ofHours(24);

  /** What is read of an event; Tenon's own carry the event time as `eventtime`. */
  record Event(String eventtime, String time, Flight data) {
    long timestamp() {
      return Instant.parse(eventtime == null ? time : eventtime).toEpochMilli();
    }
  }

  record Flight(Integer delay) {}

  /** The average delay is `sum / known`. */
  record Totals(long flights, long sum, long known) {
    static final Totals NONE = new Totals(0, 0, 0);

    Totals plus(Event event) {
      Integer delay = event.data().delay();
      return delay == null
          ? new Totals(flights + 1, sum, known)
          : new Totals(flights + 1, sum + delay, known + 1);
    }
  }

  private static final ObjectReader EVENTS =
      new ObjectMapper().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).readerFor(Event.class);

  private static Event parse(byte[] bytes) {
    try {
      return EVENTS.readValue(bytes);
    } catch (IOException error) {
      throw new SerializationException(error);
    }
  }

  private static final Serializer<Event> NEVER_WRITTEN = (topic, event) -> {
    throw new SerializationException("Events are only read.");
  };
  private static final Deserializer<Event> READ_EVENT = (topic, bytes) -> bytes == null ? null : parse(bytes);
  private static final Serde<Event> EVENT_SERDE = Serdes.serdeFrom(NEVER_WRITTEN, READ_EVENT);

  private static final Serializer<Totals> WRITE_TOTALS = (topic, totals) -> totals == null
      ? null
      : ByteBuffer.allocate(24).putLong(totals.flights()).putLong(totals.sum()).putLong(totals.known()).array();
  private static final Deserializer<Totals> READ_TOTALS = (topic, bytes) -> {
    if (bytes == null) return null;
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    return new Totals(buffer.getLong(), buffer.getLong(), buffer.getLong());
  };
  private static final Serde<Totals> TOTALS_SERDE = Serdes.serdeFrom(WRITE_TOTALS, READ_TOTALS);

  private final AtomicLong aggregated = new AtomicLong();
  private final CountDownLatch finished = new CountDownLatch(1);

  private Topology topology(String input, String output, boolean inMemory, long events) {
    Materialized<String, Totals, WindowStore<Bytes, byte[]>> store =
        Materialized.<String, Totals, WindowStore<Bytes, byte[]>>as("totals")
            .withKeySerde(Serdes.String())
            .withValueSerde(TOTALS_SERDE)
            .withStoreType(inMemory ? Materialized.StoreType.IN_MEMORY : Materialized.StoreType.ROCKS_DB);
    StreamsBuilder builder = new StreamsBuilder();
    builder
        .stream(
            input,
            Consumed.with(Serdes.String(), EVENT_SERDE)
                .withTimestampExtractor((record, previous) -> ((Event) record.value()).timestamp()))
        .groupByKey(Grouped.with(Serdes.String(), EVENT_SERDE))
        .windowedBy(TimeWindows.ofSizeAndGrace(WINDOW, GRACE))
        .aggregate(
            () -> Totals.NONE,
            (origin, event, totals) -> {
              if (aggregated.incrementAndGet() == events) finished.countDown();
              return totals.plus(event);
            },
            store)
        .toStream()
        .to(
            output,
            Produced.with(WindowedSerdes.timeWindowedSerdeFrom(String.class, WINDOW.toMillis()), TOTALS_SERDE));
    return builder.build();
  }

  private void run(String[] args) throws InterruptedException {
    Properties settings = new Properties();
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, args[3]);
    settings.put(StreamsConfig.STATE_DIR_CONFIG, args[4]);
    settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, args[6]);
    if (!args[7].equals("default")) settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, args[7]);
    settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, args[8]);
    KafkaStreams streams =
        new KafkaStreams(topology(args[1], args[2], args[5].equals("memory"), Long.parseLong(args[9])), settings);
    streams.setStateListener((now, before) -> {
      if (now == KafkaStreams.State.RUNNING) System.out.println("{\"event\":\"begun\"}");
    });
    streams.setUncaughtExceptionHandler(error -> {
      error.printStackTrace();
      System.exit(1);
      return null;
    });
    Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(5))));
    streams.start();
    finished.await();
    streams.close();
    System.out.println("{\"event\":\"done\",\"aggregated\":" + aggregated.get() + "}");
    // Whoever measures looks at this process once it has heard that, and then ends it.
    Thread.sleep(60_000);
  }

  public static void main(String[] args) throws InterruptedException {
    if (args.length != 10) {
      System.err.println(
          "arguments: BROKERS INPUT OUTPUT APPLICATION STATE-DIRECTORY rocksdb|memory GUARANTEE COMMIT-MS|default"
              + " THREADS EVENTS (0: until it is ended)");
      System.exit(2);
    }
    new FlightHours().run(args);
  }
}
