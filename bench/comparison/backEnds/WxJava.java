import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.Executors;
import me.chanjar.weixin.common.error.WxErrorException;
import me.chanjar.weixin.cp.api.WxCpService;
import me.chanjar.weixin.cp.api.impl.WxCpServiceImpl;
import me.chanjar.weixin.cp.config.impl.WxCpDefaultConfigImpl;

/** WxJava's OAuth service behind a few lines, with its own defaults: the token is kept in memory. */
public class WxJava {
  private static final Gson GSON = new Gson();

  public static void main(String[] args) throws Exception {
    WxCpDefaultConfigImpl settings = new WxCpDefaultConfigImpl();
    settings.setCorpId(System.getenv("WECOM_CORP_ID"));
    settings.setCorpSecret(System.getenv("WECOM_APP_SECRET"));
    settings.setAgentId(Integer.valueOf(System.getenv("WECOM_AGENT_ID")));
    WxCpService client = new WxCpServiceImpl();
    client.setWxCpConfigStorage(settings);

    int port = Integer.parseInt(System.getenv("PORT"));
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
    server.setExecutor(Executors.newCachedThreadPool());
    server.createContext("/api/wecom/getUserInfo", exchange -> signIn(client, exchange));
    server.start();
  }

  private static void signIn(WxCpService client, HttpExchange exchange) throws IOException {
    try {
      String text = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      String code = GSON.fromJson(text, JsonObject.class).get("code").getAsString();
      String userid = client.getOauth2Service().getAuthUserInfo(code).getUserId();
      String name = client.getUserService().getById(userid).getName();
      Map<String, String> member = Map.of("userid", userid, "name", name);
      send(exchange, 200, Map.of("code", 0, "message", "success", "data", member));
    } catch (WxErrorException error) {
      send(exchange, 500, Map.of("code", error.getError().getErrorCode()));
    } catch (RuntimeException error) {
      send(exchange, 500, Map.of("code", -1));
    }
  }

  private static void send(HttpExchange exchange, int status, Object body) throws IOException {
    byte[] bytes = GSON.toJson(body).getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("content-type", "application/json");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }
}
