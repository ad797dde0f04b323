import com.fasterxml.jackson.databind.ObjectMapper;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Queries every 20 ms from two threads until its standard input ends, then prints how many failed.
 *
 * <pre>AWS_TOKEN=... java -cp 'lib/*:classes' Orders jdbc:postgresql://127.0.0.1:5432/shop prod/orders</pre>
 */
public final class Orders {
  public static void main(String[] words) throws Exception {
    String agent = System.getenv().getOrDefault("REKEY_AGENT", "http://127.0.0.1:2773");
    HikariConfig config = new HikariConfig();
    config.setDataSource(new AgentDataSource(words[0], words[1], agent, System.getenv("AWS_TOKEN")));
    config.setMaximumPoolSize(4);
    AtomicBoolean ended = new AtomicBoolean();
    List<AtomicInteger> counts = List.of(new AtomicInteger(), new AtomicInteger());
    Queue<String> failures = new ConcurrentLinkedQueue<>();
    ObjectMapper json = new ObjectMapper();
    try (HikariDataSource pool = new HikariDataSource(config)) {
      Thread[] threads = new Thread[counts.size()];
      for (int number = 0; number < threads.length; number++) {
        // The first thread keeps the pool's connections, the second one has each of its queries log in.
        boolean logsIn = number == 1;
        AtomicInteger count = counts.get(number);
        Map<String, Integer> began = Map.of("began", number);
        threads[number] =
            new Thread(
                () -> {
                  while (!ended.get()) {
                    try (Connection connection = pool.getConnection()) {
                      connection.createStatement().execute("SELECT 1");
                      if (count.incrementAndGet() == 1) System.out.println(json.writeValueAsString(began));
                      if (logsIn) pool.evictConnection(connection);
                      Thread.sleep(20);
                    } catch (Exception error) {
                      failures.add(error.toString());
                    }
                  }
                });
        threads[number].start();
      }
      while (System.in.read() != -1) continue;
      ended.set(true);
      for (Thread thread : threads) thread.join();
    }
    System.out.println(json.writeValueAsString(Map.of("queries", counts, "failures", failures)));
  }
}
