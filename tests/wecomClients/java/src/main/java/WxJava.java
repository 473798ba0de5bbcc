import com.google.gson.Gson;
import com.google.gson.JsonObject;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import me.chanjar.weixin.cp.api.WxCpService;
import me.chanjar.weixin.cp.api.impl.WxCpServiceImpl;
import me.chanjar.weixin.cp.bean.WxCpDepart;
import me.chanjar.weixin.cp.bean.WxCpTag;
import me.chanjar.weixin.cp.bean.message.WxCpMessage;
import me.chanjar.weixin.cp.bean.message.WxCpXmlMessage;
import me.chanjar.weixin.cp.config.impl.WxCpDefaultConfigImpl;
import me.chanjar.weixin.cp.util.crypto.WxCpCryptUtil;

/** Answers the calls of ../../../../driver.ts: a JSON line for each JSON line. */
public class WxJava {
  interface Call {
    Map<String, ?> run(JsonObject given) throws Exception;
  }

  public static void main(String[] args) throws Exception {
    WxCpDefaultConfigImpl settings = new WxCpDefaultConfigImpl();
    settings.setCorpId(System.getenv("CORPID"));
    settings.setCorpSecret(System.getenv("SECRET"));
    settings.setAgentId(Integer.valueOf(System.getenv("AGENTID")));
    settings.setToken(System.getenv("CALLBACK_TOKEN"));
    settings.setAesKey(System.getenv("CALLBACK_KEY"));
    WxCpService client = new WxCpServiceImpl();
    client.setWxCpConfigStorage(settings);

    serve(Map.ofEntries(
        Map.entry("token", given -> Map.of("token", client.getAccessToken())),
        Map.entry("code", given -> Map.of(
            "userid", client.getOauth2Service().getAuthUserInfo(text(given, "code")).getUserId())),
        Map.entry("detail", given -> {
          var info = client.getOauth2Service().getAuthUserInfo(text(given, "code"));
          var detail = client.getOauth2Service().getUserDetail(info.getUserTicket());
          return Map.of("mobile", detail.getMobile());
        }),
        Map.entry("user", given -> Map.of(
            "name", client.getUserService().getById(text(given, "userid")).getName())),
        Map.entry("departments", given -> Map.of(
            "ids", client.getDepartmentService().list(null).stream().map(WxCpDepart::getId).toList())),
        Map.entry("tags", given -> Map.of(
            "names", client.getTagService().listAll().stream().map(WxCpTag::getName).toList())),
        Map.entry("ticket", given -> Map.of("ticket", client.getJsapiTicket())),
        Map.entry("agentTicket", given -> Map.of("ticket", client.getAgentJsapiTicket())),
        Map.entry("agent", given -> Map.of(
            "name", client.getAgentService().get(given.get("agentid").getAsInt()).getName())),
        Map.entry("message", given -> Map.of("msgid", client.getMessageService().send(
            WxCpMessage.TEXT()
                .agentId(given.get("agentid").getAsInt())
                .toUser(text(given, "userid"))
                .content(text(given, "text"))
                .build()).getMsgId())),
        Map.entry("push", given -> Map.of("event", WxCpXmlMessage.fromEncryptedXml(
            text(given, "body"), settings, text(given, "timestamp"), text(given, "nonce"),
            text(given, "msg_signature")).getEvent())),
        Map.entry("verify", given -> {
          String echostr = text(given, "echostr");
          boolean isSigned = client.checkSignature(
              text(given, "msg_signature"), text(given, "timestamp"), text(given, "nonce"), echostr);
          if (!isSigned) throw new IllegalArgumentException("the signature is wrong");
          return Map.of("echo", new WxCpCryptUtil(settings).decrypt(echostr));
        }),
        Map.entry("reply", given -> Map.of("xml", new WxCpCryptUtil(settings).encrypt(text(given, "text"))))));
  }

  private static String text(JsonObject given, String name) {
    return given.get(name).getAsString();
  }

  private static void serve(Map<String, Call> calls) throws Exception {
    Gson gson = new Gson();
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      JsonObject request = gson.fromJson(line, JsonObject.class);
      Call call = calls.get(request.get("call").getAsString());
      // The client may print lines of its own.
      out.println("@@" + gson.toJson(answerOf(call, request.getAsJsonObject("with"))));
    }
  }

  private static Map<String, ?> answerOf(Call call, JsonObject given) {
    if (call == null) return Map.of("absent", true);
    try {
      return Map.of("value", call.run(given));
    } catch (Exception error) {
      error.printStackTrace();
      return Map.of("error", error.toString());
    }
  }
}
