package com.example;

import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.DefaultResourceRetriever;
import java.net.MalformedURLException;
import java.net.URI;
import java.util.List;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.ObjectPostProcessor;
import org.springframework.security.config.annotation.method.configuration.EnableMethodSecurity;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.jwt.JwtClaimNames;
import org.springframework.security.oauth2.jwt.JwtClaimValidator;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtIssuerValidator;
import org.springframework.security.oauth2.jwt.JwtValidators;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;
import org.springframework.security.oauth2.server.resource.web.BearerTokenAuthenticationEntryPoint;
import org.springframework.security.oauth2.server.resource.web.authentication.BearerTokenAuthenticationFilter;
import org.springframework.security.web.SecurityFilterChain;

/** Every request needs a session: 401 without one, 503 without the keys to check it. */
@Configuration
@EnableMethodSecurity
class Sessions {
  private static final int TIMEOUT_MS = 5_000;
  private static final int MAX_BYTES = 65_536;

  /**
   * Caches the keys for five minutes. Spring's own property `jwk-set-uri` also fetches them for each
   * token with an unknown key id; this source does so twice in 30 seconds at most.
   */
  @Bean
  JwtDecoder sessionDecoder(@Value("${wecom-auth.url}") String issuer) throws MalformedURLException {
    var address = URI.create(issuer + "/.well-known/jwks.json").toURL();
    var retriever = new DefaultResourceRetriever(TIMEOUT_MS, TIMEOUT_MS, MAX_BYTES);
    var keys = JWKSourceBuilder.<SecurityContext>create(address, retriever).build();
    var decoder = NimbusJwtDecoder.withJwkSource(keys).jwsAlgorithm(SignatureAlgorithm.RS256).build();
    decoder.setJwtValidator(JwtValidators.createDefaultWithValidators(
        new JwtIssuerValidator(issuer),
        new JwtClaimValidator<List<String>>(JwtClaimNames.AUD,
            (audiences) -> audiences != null && audiences.contains("wecom-auth"))));
    return decoder;
  }

  @Bean
  SecurityFilterChain security(HttpSecurity http) throws Exception {
    return http
        .authorizeHttpRequests((requests) -> requests.anyRequest().authenticated())
        .sessionManagement((management) -> management.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
        .oauth2ResourceServer((server) -> server
            .jwt(Customizer.withDefaults())
            .withObjectPostProcessor(new WithoutKeys()))
        .build();
  }

  /** Spring's default is 500. */
  private static class WithoutKeys implements ObjectPostProcessor<BearerTokenAuthenticationFilter> {
    @Override
    public <F extends BearerTokenAuthenticationFilter> F postProcess(F filter) {
      var refuse = new BearerTokenAuthenticationEntryPoint();
      filter.setAuthenticationFailureHandler((request, response, exception) -> {
        if (exception instanceof AuthenticationServiceException) response.setStatus(503);
        else refuse.commence(request, response, exception);
      });
      return filter;
    }
  }
}
