// The contract on netty-socketio, for both packages of it: build.sh writes the package of the fork into the imports.
//
// Left out, because this server has no place for it:
// - the `auth` event of a client without an auth payload: the listener that sees the payload is not called then
// - binary arguments in `message`, `message-with-ack`, `ask` and `size`: an attachment is put into the JSON as base64
//   before the arguments are read, and only an argument declared as byte[] is turned back, so text could not be told apart
// - dynamic namespaces, connection state recovery

import com.corundumstudio.socketio.*;
import com.corundumstudio.socketio.transport.NamespaceClient;
import java.util.Arrays;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

public class Server {
  /** Counts `tick` and `tick-binary` of one socket, and looks at their order. */
  static class Ticks {
    int count, binaries;
    boolean ordered = true;

    synchronized void add(Object i, boolean binary) {
      ordered &= i instanceof Integer && (Integer) i == count;
      count++;
      if (binary) binaries++;
    }

    synchronized Map<String, Object> report() {
      Map<String, Object> result = Map.of("count", count, "binaries", binaries, "ordered", ordered);
      count = binaries = 0;
      ordered = true;
      return result;
    }
  }

  static void serve(SocketIONamespace namespace, boolean secured) {
    // A session has the same id in all its namespaces.
    Map<UUID, Ticks> ticks = new ConcurrentHashMap<>();
    namespace.addDisconnectListener(client -> ticks.remove(client.getSessionId()));
    namespace.addAuthTokenListener((auth, client) -> {
      if (secured && !isFriend(auth)) {
        return new AuthTokenResult(false, Map.of("message", "not authorized", "data", Map.of("code", 401)));
      }
      // Here and not in the connect listener: that of "/" runs before the client has asked to connect.
      client.sendEvent("auth", auth);
      return AuthTokenResult.AuthTokenResultSuccess;
    });
    if (secured) {
      // Who sends no auth payload at all is not asked for it, but let in.
      namespace.addConnectListener(client -> {
        if (!isFriend(client.getHandshakeData().getAuthToken())) client.disconnect();
      });
    }
    Class<?>[] three = {Object.class, Object.class, Object.class};
    namespace.addMultiTypeEventListener("message",
        (client, data, ack) -> client.sendEvent("message-back", data.getArgs().toArray()), three);
    namespace.addMultiTypeEventListener("message-with-ack",
        (client, data, ack) -> ack.sendAckData(data.getArgs().toArray()), three);
    namespace.addEventListener("ask", Object.class, (client, value, ack) ->
        client.sendEvent("question", new MultiTypeAckCallback(three) {
          @Override
          public void onSuccess(MultiTypeArgs answer) {
            client.sendEvent("answer", answer.getArgs().toArray());
          }
        }, value));
    namespace.addEventListener("burst", Integer.class, (client, n, ack) -> {
      for (int i = 0; i < n; i++) client.sendEvent("item", i);
    });
    namespace.addEventListener("burst-binary", Integer.class, (client, n, ack) -> {
      for (int i = 0; i < n; i++) {
        byte[] blob = new byte[16];
        Arrays.fill(blob, (byte) i);
        client.sendEvent("blob", i, blob);
      }
    });
    namespace.addEventListener("tick", Integer.class, (client, i, ack) -> of(ticks, client).add(i, false));
    namespace.addMultiTypeEventListener("tick-binary",
        (client, data, ack) -> of(ticks, client).add(data.first(), data.second() instanceof byte[]),
        Integer.class, byte[].class);
    namespace.addEventListener("report", Object.class,
        (client, nothing, ack) -> ack.sendAckData(of(ticks, client).report()));
    namespace.addEventListener("kick", Object.class, (client, nothing, ack) -> client.disconnect());
    namespace.addEventListener("kick-close", Object.class,
        (client, nothing, ack) -> ((NamespaceClient) client).getBaseClient().disconnect());
    namespace.addEventListener("size", String.class, (client, text, ack) -> ack.sendAckData(text.length()));
  }

  static boolean isFriend(Object auth) {
    return auth instanceof Map && "letmein".equals(((Map<?, ?>) auth).get("token"));
  }

  static Ticks of(Map<UUID, Ticks> ticks, SocketIOClient client) {
    return ticks.computeIfAbsent(client.getSessionId(), id -> new Ticks());
  }

  static int number(String name, int fallback) {
    String value = System.getenv(name);
    return value == null || value.isEmpty() ? fallback : Integer.parseInt(value);
  }

  public static void main(String[] args) throws Exception {
    Configuration configuration = new Configuration();
    configuration.setHostname("127.0.0.1");
    configuration.setPort(number("PORT", 0));
    configuration.setPingInterval(number("PING_INTERVAL", 2000));
    configuration.setPingTimeout(number("PING_TIMEOUT", 2000));
    configuration.setMaxHttpContentLength(number("MAX_PAYLOAD", 2_000_000));
    configuration.setMaxFramePayloadLength(number("MAX_PAYLOAD", 2_000_000));
    SocketConfig socket = new SocketConfig();
    socket.setReuseAddress(true);
    configuration.setSocketConfig(socket);

    SocketIOServer server = new SocketIOServer(configuration);
    serve(server.addNamespace(""), false);
    serve(server.addNamespace("/custom"), false);
    serve(server.addNamespace("/secured"), true);
    server.start();
    System.out.println("listening");
    while (System.in.read() != -1) {}
    Runtime.getRuntime().halt(0); // not stop(): it waits for the connections
  }
}
