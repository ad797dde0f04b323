import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.logging.Logger;
import javax.sql.DataSource;

/**
 * Connections whose user and password come from {@code rekey agent}, for a pool such as HikariCP and any JDBC driver. Each
 * new connection asks the agent, which answers from its cache. Needs Java 17 and Jackson.
 */
public final class AgentDataSource implements DataSource {
  private record Login(String user, String password) {}

  private record Attempt(long pauseMs, String parameters) {}

  private static final String CURRENT = "&refreshNow=true";
  private static final String PENDING = "&versionStage=AWSPENDING&refreshNow=true";

  /**
   * From the cache, then AWSCURRENT as it is now, then AWSPENDING. Between two steps of a rotation the server takes only the
   * password of AWSPENDING, and a moment later that version is AWSCURRENT, so both are asked for again.
   */
  private static final List<Attempt> ATTEMPTS =
      List.of(
          new Attempt(0, ""),
          new Attempt(0, CURRENT),
          new Attempt(0, PENDING),
          new Attempt(250, CURRENT),
          new Attempt(0, PENDING),
          new Attempt(1_000, CURRENT),
          new Attempt(0, PENDING));

  private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final ObjectMapper json = new ObjectMapper();
  private final String url;
  private final String secret;
  private final String token;

  /**
   * @param url of the database, without user and password, such as jdbc:postgresql://db:5432/shop
   * @param agent such as http://127.0.0.1:2773
   * @param token what AWS_TOKEN is in the agent's environment
   */
  public AgentDataSource(String url, String secretId, String agent, String token) {
    this.url = url;
    this.secret = agent + "/secretsmanager/get?secretId=" + URLEncoder.encode(secretId, StandardCharsets.UTF_8);
    this.token = token;
  }

  @Override
  public Connection getConnection() throws SQLException {
    SQLException refusal = null;
    Set<Login> tried = new HashSet<>();
    for (Attempt attempt : ATTEMPTS) {
      Login login = login(attempt);
      // A password that was refused is not tried again: servers lock users out.
      if (login == null || !tried.add(login)) continue;
      Properties properties = new Properties();
      properties.setProperty("user", login.user());
      properties.setProperty("password", login.password());
      try {
        return DriverManager.getConnection(url, properties);
      } catch (SQLException error) {
        refusal = error;
      }
    }
    throw refusal != null ? refusal : new SQLException("the agent has no login");
  }

  /** Null: there is no such version, or the agent has none now. */
  private Login login(Attempt attempt) throws SQLException {
    try {
      Thread.sleep(attempt.pauseMs());
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(secret + attempt.parameters()))
              .header("X-Aws-Parameters-Secrets-Token", token)
              .timeout(Duration.ofSeconds(10))
              .build();
      HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() != 200) return null;
      JsonNode members = json.readTree(json.readTree(answer.body()).path("SecretString").asText());
      return new Login(members.path("username").asText(), members.path("password").asText());
    } catch (IOException error) {
      // Not as the cause: a parser's message quotes what it read.
      throw new SQLException("the agent does not answer", "08001");
    } catch (InterruptedException error) {
      Thread.currentThread().interrupt();
      throw new SQLException("interrupted", error);
    }
  }

  @Override
  public Connection getConnection(String user, String password) throws SQLException {
    throw new SQLFeatureNotSupportedException("the agent knows user and password");
  }

  @Override
  public PrintWriter getLogWriter() {
    return null;
  }

  @Override
  public void setLogWriter(PrintWriter out) {}

  @Override
  public void setLoginTimeout(int seconds) {
    DriverManager.setLoginTimeout(seconds);
  }

  @Override
  public int getLoginTimeout() {
    return DriverManager.getLoginTimeout();
  }

  @Override
  public Logger getParentLogger() throws SQLFeatureNotSupportedException {
    throw new SQLFeatureNotSupportedException();
  }

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    throw new SQLException("wraps nothing");
  }

  @Override
  public boolean isWrapperFor(Class<?> type) {
    return false;
  }
}
