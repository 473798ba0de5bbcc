package com.example;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.http.HttpStatus;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.stereotype.Component;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestClientException;
import org.springframework.web.server.ResponseStatusException;

/** Asks wecom-auth, with the session of the caller. application.yml has the timeouts. */
@Component
public class Permissions {
  private static final Logger log = LoggerFactory.getLogger(Permissions.class);
  private final RestClient client;

  Permissions(RestClient.Builder builder, @Value("${wecom-auth.url}") String url) {
    client = builder.baseUrl(url).build();
  }

  record Verified(Data data) {
    /** Not a Boolean, which Jackson also makes of a text or a number. */
    record Data(Object authorized) {}
  }

  /** @throws ResponseStatusException 503 if verify does not say */
  public boolean has(Jwt session, String permission) {
    try {
      var response = client.get()
          .uri("/api/wecom/verify/{userid}?permission={permission}", session.getSubject(), permission)
          .headers((headers) -> headers.setBearerAuth(session.getTokenValue()))
          .retrieve()
          .toEntity(Verified.class);
      var verified = response.getBody();
      if (response.getStatusCode() == HttpStatus.OK && verified != null && verified.data() != null
          && verified.data().authorized() instanceof Boolean authorized) {
        return authorized;
      }
      log.error("verify does not say: {}", response.getStatusCode());
    } catch (RestClientException e) {
      log.error("verify does not say: {}", e.getMessage());
    }
    throw new ResponseStatusException(HttpStatus.SERVICE_UNAVAILABLE);
  }
}
