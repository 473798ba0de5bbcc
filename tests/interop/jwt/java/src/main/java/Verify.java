import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jose4j.jwa.AlgorithmConstraints.ConstraintType;
import org.jose4j.json.JsonUtil;
import org.jose4j.jwk.HttpsJwks;
import org.jose4j.jws.AlgorithmIdentifiers;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.consumer.InvalidJwtException;
import org.jose4j.jwt.consumer.JwtConsumerBuilder;
import org.jose4j.keys.resolvers.HttpsJwksVerificationKeyResolver;

/**
 * Verifies tokens with jose4j, as an application does.
 *
 * <p>Reads {"issuer", "cases": [{"name", "kind", "audience", "nonce", "token"}]} from standard input, and
 * writes {"outcomes": [{"name", "accepted", "reason"}]} to standard output.
 */
public class Verify {
  private static final String LOGOUT = "http://schemas.openid.net/event/backchannel-logout";

  public static void main(String[] parameters) throws Exception {
    var input = new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
    Map<String, Object> trial = JsonUtil.parseJson(input);
    var address = URI.create(trial.get("issuer") + "/.well-known/openid-configuration");
    var request = HttpRequest.newBuilder(address).timeout(Duration.ofSeconds(10)).build();
    var response = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    Map<String, Object> discovery = JsonUtil.parseJson(response.body());
    var issuer = (String) discovery.get("issuer");
    var keys = new HttpsJwks((String) discovery.get("jwks_uri"));
    var outcomes = new ArrayList<Map<String, Object>>();
    for (Object each : (List<?>) trial.get("cases")) {
      @SuppressWarnings("unchecked")
      var trialCase = (Map<String, String>) each;
      String reason = refusal(trialCase, issuer, keys);
      outcomes.add(
          Map.of(
              "name", trialCase.get("name"),
              "accepted", reason == null,
              "reason", reason == null ? "" : reason));
    }
    System.out.println(JsonUtil.toJson(Map.of("outcomes", outcomes)));
  }

  /** Returns why the token is refused; null if it is accepted. */
  private static String refusal(Map<String, String> trialCase, String issuer, HttpsJwks keys) {
    var kind = trialCase.get("kind");
    var builder =
        new JwtConsumerBuilder()
            .setVerificationKeyResolver(new HttpsJwksVerificationKeyResolver(keys))
            .setJwsAlgorithmConstraints(ConstraintType.PERMIT, AlgorithmIdentifiers.RSA_USING_SHA256)
            .setExpectedIssuer(issuer)
            .setExpectedAudience(trialCase.get("audience"))
            .setExpectedType(false, kind.equals("logout token") ? "logout+jwt" : "JWT")
            .setRequireExpirationTime()
            .setRequireIssuedAt();
    if (kind.equals("logout token")) builder.setRequireJwtId();
    else builder.setRequireSubject();
    try {
      JwtClaims claims = builder.build().processToClaims(trialCase.get("token"));
      if (kind.equals("id token") && !trialCase.get("nonce").equals(claims.getClaimValue("nonce"))) {
        return "the nonce is another one";
      }
      if (kind.equals("logout token") && !isLogout(claims)) return "this is no logout token";
      return null;
    } catch (InvalidJwtException error) {
      return error.getMessage();
    }
  }

  private static boolean isLogout(JwtClaims claims) {
    return claims.getClaimValue("events") instanceof Map<?, ?> events
        && events.containsKey(LOGOUT)
        && !claims.hasClaim("nonce");
  }
}
